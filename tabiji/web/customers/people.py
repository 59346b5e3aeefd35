"""The list of people: search, filters, columns, the people behind a number, and acts on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core import clock
from tabiji.core.paging import ListQuery, Page
from tabiji.people.contracts import FieldInfo, PersonInfo
from tabiji.people.public import fields, lists, persons
from tabiji.scoring.public import scores, stage_models
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Bulk, Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind, reasons
from tabiji.web.customers.behind import Behind
from tabiji.web.customers.forms import PutForm
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, audit, members

_CHOICE_FILTERS: Final = 2
"""So many of the workspace's own choice fields become filters of the list."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What cells of a list of people need, looked up once. `is_personal`: names and addresses are readable."""

    request: WorkspaceRequest
    is_personal: bool
    users: Mapping[int, str]
    stages: Mapping[str, str]
    threshold: int | None

    def name(self, person: PersonInfo) -> SafeString:
        href = reverse("people-detail", args=[self.request.workspace.slug, person.id])
        return screens.link(href, self.shown_name(person), self._personal(person.kana))

    def shown_name(self, person: PersonInfo) -> str:
        return self._personal(person.name or person.email or person.phone) or _("No name yet")

    def email(self, person: PersonInfo) -> str:
        return self._personal(person.email)

    def phone(self, person: PersonInfo) -> str:
        return self._personal(person.phone and reasons.field_text(_PHONE, person.phone))

    def company(self, person: PersonInfo) -> str | SafeString:
        if person.company_id is None:
            return ""
        href = reverse("companies-detail", args=[self.request.workspace.slug, person.company_id])
        return format_html('<a href="{}">{}</a>', href, person.company)

    def stage(self, person: PersonInfo) -> str | SafeString:
        if not person.stage:
            return ""
        return format_html('<span class="tag">{}</span>', self.stages.get(person.stage, person.stage))

    def score(self, person: PersonInfo) -> SafeString:
        hot = self.threshold is not None and person.score >= self.threshold
        return format_html('<b class="{}">{}</b>', "hot" if hot else "", on_screen.number(person.score))

    def owner(self, person: PersonInfo) -> str:
        return self.users.get(person.owner_id or 0, "")

    def _personal(self, text: str) -> str:
        return text if self.is_personal else on_screen.masked(text)


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Everybody, or exactly those behind a number (`?of=`)."""
    found = behind.resolve(request, request.GET["of"]) if request.GET.get("of") else None
    shown = screens.render(screen_of(request, found), request)
    return render(request, "customers/people.html", {"list": shown, "behind": found})


@require_POST
@page(Permission.EDIT_PEOPLE)
def put(request: WorkspaceRequest) -> HttpResponse:
    """Put the chosen people, or all matches, on a static list: first which one, then at once."""
    ids = chosen(request)
    form = PutForm(request.POST if "put" in request.POST else None, lists=lists.list_all())
    if not ids or not form.is_valid():
        context = {"form": form, "count": len(ids), "selection": _selection(request)}
        status = 422 if form.is_bound and ids else 200
        return render(request, "customers/put_on_list.html", context, status=status)
    list_id = form.cleaned_data["list"] or lists.create(form.cleaned_data["name"], actor=request.actor)
    moment = clock.to_ms(request.now)  # by which the act can be taken back
    added = lists.add(lists.get(list_id).id, ids, at=clock.from_ms(moment), actor=request.actor.label)
    audit.record(request.actor, "add", "list", list_id, values={"people": added})
    query = f"?added={added}&chosen={len(ids)}&at={moment}"
    return redirect(reverse("lists-detail", args=[request.workspace.slug, list_id]) + query)


def chosen(request: WorkspaceRequest) -> list[UUID]:
    """Whom a bulk act is about: the ticked ones, or everybody who matches the list's filters.

    `of` in the act's own address narrows "everybody" to the people of the page that offered it.
    """
    if request.POST.get("all_matches") == "1":
        asked = QueryDict(request.POST.get("filters", "")[:8_000])
        token = request.GET.get("of") or asked.get("of")
        among = behind.resolve(request, token).people if token else None
        filters = {one.name: asked.get(one.name, "").strip()[:200] for one in filters_of(request)}
        return persons.matching_ids(filters, among=among)
    return list(persons.get_many(uuids(request.POST.getlist("id"))))


def screen_of(
    request: WorkspaceRequest,
    found: Behind | None = None,
    *,
    view: str = "people",
    within: str = "",
    bulk: Sequence[Bulk] = (),
    empty: Empty | None = None,
) -> ListScreen[PersonInfo]:
    """A list of people. found: only those behind a number; within: its token, where the page's own address
    has none (the people of a company, of a static list); bulk: acts beside putting on a list."""
    cells = cells_of(request)
    may_edit = request.actor.may(Permission.EDIT_PEOPLE)
    asked = f"?{urlencode({'of': within})}" if within else ""
    href = reverse("people-put", args=[request.workspace.slug]) + asked
    acts = (*bulk, Bulk(gettext_lazy("Put on a static list"), href))

    def load(query: ListQuery) -> Page[PersonInfo]:
        return persons.list_people(query, among=found.people if found is not None else None)

    return ListScreen(
        view,
        columns_of(cells),
        load,
        empty or _empty(request),
        [*([] if within else _behind_filter(request, found)), *filters_of(request)],
        row_id=lambda person: str(person.id),
        row_name=cells.shown_name,
        bulk=acts if may_edit else (),
        unit=on_screen.people,
        default_sort="-created",
    )


def cells_of(request: WorkspaceRequest) -> Cells:
    model = stage_models.find()
    return Cells(
        request,
        request.actor.may(Permission.SEE_PERSONAL_DATA),
        members.names(),
        {stage.key: stage.label for stage in model.stages} if model else {},
        scores.threshold(),
    )


def columns_of(cells: Cells) -> list[Column[PersonInfo]]:
    own = [info for info in fields.list_fields() if info.is_custom]
    return [
        Column("name", gettext_lazy("Name"), cells.name, sort="name", is_head=True),
        Column("company", gettext_lazy("Company"), cells.company),
        Column("stage", gettext_lazy("Stage"), cells.stage),
        Column("score", gettext_lazy("Score"), cells.score, sort="score", is_number=True),
        Column("owner", gettext_lazy("Owner"), cells.owner),
        Column("source", gettext_lazy("Source"), lambda person: person.source),
        *(_own_column(info, place) for place, info in enumerate(own)),
        Column("email", gettext_lazy("E-mail"), cells.email, is_optional=True),
        Column("phone", gettext_lazy("Phone"), cells.phone, is_optional=True),
        Column("department", gettext_lazy("Department"), lambda person: person.department, is_optional=True),
        Column("title", gettext_lazy("Job title"), lambda person: person.title, is_optional=True),
        Column(
            "last_act",
            gettext_lazy("Last act"),
            lambda person: on_screen.moment(person.last_act_at),
            sort="last_act",
        ),
        Column(
            "created",
            pgettext_lazy("person", "Known since"),
            lambda person: on_screen.day(person.created_at, year=True),
            sort="created",
        ),
    ]


def filters_of(request: WorkspaceRequest) -> list[Filter]:
    """Search (only where names may be read), stage, owner, source, and the first own choice fields."""
    filters = []
    if request.actor.may(Permission.SEE_PERSONAL_DATA):
        filters.append(Filter("q", gettext_lazy("Name, kana, mail, phone, company")))
    model = stage_models.find()
    if model:
        stages = [Choice(stage.key, stage.label) for stage in model.stages]
        stages.append(Choice("none", pgettext_lazy("stage", "Exception")))
        filters.append(Filter("stage", gettext_lazy("Stage"), stages))
    owners = [Choice(str(one.user_id), one.name) for one in members.list_colleagues()]
    owners.append(Choice("none", gettext_lazy("No owner")))
    filters.append(Filter("owner", gettext_lazy("Owner"), owners))
    sources = [Choice(source, source) for source in persons.list_sources()]
    if sources:
        filters.append(Filter("source", gettext_lazy("Source"), sources))
    own = [info for info in fields.list_fields() if info.is_custom and info.type == "choice"]
    filters += [Filter(f"field.{info.key}", info.label, _choices(info)) for info in own[:_CHOICE_FILTERS]]
    return filters


def _choices(info: FieldInfo) -> list[Choice]:
    return [Choice(one["value"], one.get("label", one["value"])) for one in info.choices]


def _behind_filter(request: WorkspaceRequest, found: Behind | None) -> list[Filter]:
    if found is None:
        return []
    return [Filter("of", gettext_lazy("Everybody"), [Choice(request.GET["of"], found.sentence)])]


def _own_column(info: FieldInfo, place: int) -> Column[PersonInfo]:
    def cell(person: PersonInfo) -> str:
        value = person.fields.get(info.key)
        return "" if value is None else reasons.field_text(info, fields.as_text(value))

    is_number = info.type in ("number", "money")
    hidden = place > 0 or info.type not in ("choice", "money")
    return Column(f"own_{info.key}", info.label, cell, is_number=is_number, is_optional=hidden)


def _empty(request: WorkspaceRequest) -> Empty:
    may_import = request.actor.may(Permission.IMPORT_EXPORT)
    return Empty(
        gettext_lazy("There is nobody here yet"),
        gettext_lazy("People appear when they send a form, sign in, or come with an imported file."),
        gettext_lazy("Import a file") if may_import else "",
        _href(request, "imports") if may_import else "",
        gettext_lazy("Example: the business cards of an exhibition, as a CSV file"),
    )


def _href(request: WorkspaceRequest, name: str) -> str:
    return reverse(name, args=[request.workspace.slug])


def _selection(request: HttpRequest) -> list[tuple[str, str]]:
    """Hidden fields that carry the choice to the next step."""
    if request.POST.get("all_matches") == "1":
        return [("all_matches", "1"), ("filters", request.POST.get("filters", "")[:8_000])]
    return [("id", text) for text in request.POST.getlist("id")]


def uuids(texts: Sequence[str], most: int = 20_000) -> list[UUID]:
    found = []
    for text in texts[:most]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


_PHONE: Final = FieldInfo("phone", "", "text")
