"""Forms: the list, a new one from a template, a form with its versions, and how it gets onto a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.content.public import mails
from tabiji.core.paging import ListQuery, Page
from tabiji.pages.contracts import PublicInfo, Visit
from tabiji.pages.public import BadKey, documents, form_templates, landing, submissions
from tabiji.pages.public import forms as public_forms
from tabiji.purpose.public import initiatives
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, Filter, ListScreen
from tabiji.web.content import drafting, frames, header, words
from tabiji.web.content.used_in import Uses
from tabiji.web.content.views_mails import state_cell, uses_cell
from tabiji.web.content.views_pages import public_address
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members

_MOST_KEYS = 200


@page(Permission.SEE_CONTENT)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All forms with the number of their submissions."""
    return render(request, "content/forms.html", {"list": lists.render(_Listed(request).screen(), request)})


@page(Permission.EDIT_CONTENT)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Three templates to begin with, or an empty one."""
    form = NewForm(request.POST or None, initial={"language": on_screen.language()})
    if request.method == "POST" and form.is_valid():
        return redirect("forms-edit", request.workspace.slug, _create(request, form.cleaned_data))
    context = {
        "form": form,
        "templates": form_templates.TEMPLATES.values(),
        "chosen": form["template"].value() or next(iter(form_templates.TEMPLATES)),
    }
    return render(request, "content/form_new.html", context, status=422 if form.errors else 200)


@page(Permission.SEE_CONTENT)
def detail(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """A form: its header, its submissions, the version that visitors see (or the one asked for), all versions."""
    info = public_forms.get(form_id)
    versions = public_forms.list_versions(form_id)
    version = drafting.asked_version(request, versions, info.version_id)
    shown = documents.parse_form(version.document if version else info.document)
    context = {
        "info": info,
        "header": header.of(request, "form", form_id, info.version),
        "version": version,
        "versions": versions,
        "names": members.names(),
        "submitted": submissions.count(form_id),
        "trapped": submissions.count(form_id, "trapped"),
        "consents": [one for one in shown.fields if one.type == "consent"],
        "reply": mails.name_of(shown.auto_reply_mail_id) if shown.auto_reply_mail_id else "",
        "reply_id": shown.auto_reply_mail_id,
        "initiative": _initiative(request, shown.initiative_id),
        "shown_on": _shown_on(request, form_id),
        "saved_at": info.updated_at,
    }
    return render(request, "content/form.html", context)


@page(Permission.SEE_CONTENT)
def frame(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """A version (`version=` its number; without one the draft) for a frame."""
    info = public_forms.get(form_id)
    version = (
        drafting.asked_version(request, public_forms.list_versions(form_id), info.version_id)
        if "version" in request.GET
        else None
    )
    if version is None:
        return frames.public(lambda nonce: public_forms.preview(form_id, now=request.now, nonce=nonce))
    return frames.public(
        lambda nonce: public_forms.render_alone(version, context=Visit(request.now, nonce, is_preview=True))
    )


class NewForm(forms.Form):
    """What a new form needs."""

    template = forms.ChoiceField(label=gettext_lazy("Begin with"))
    name = forms.CharField(label=pgettext_lazy("form", "Name"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=words.LANGUAGES)
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["template"]
        assert isinstance(field, forms.ChoiceField)
        named = [(one.key, one.name) for one in form_templates.TEMPLATES.values()]
        field.choices = [*named, ("empty", _("An empty form"))]


def _create(request: WorkspaceRequest, said: dict[str, Any]) -> int:
    template = said["template"]
    document: Any = None
    if template in form_templates.TEMPLATES:
        document = form_templates.build(template, said["language"]).model_dump(mode="json")
    stem = "form" if document is None else template.replace("_", "-")
    for number in range(1, _MOST_KEYS):
        try:
            return public_forms.create(
                said["name"],
                key=stem if number == 1 else f"{stem}-{number}",
                actor=request.actor,
                document=document,
                language=said["language"],
                why=said["why"],
            )
        except BadKey:
            continue
    raise BadKey(f"{stem} is taken {_MOST_KEYS} times")


def _initiative(request: WorkspaceRequest, initiative_id: int) -> tuple[str, str]:
    """(name, address) of the initiative that submissions count for."""
    found = initiatives.get_many([initiative_id]).get(initiative_id) if initiative_id else None
    return (found.name, links.address(request, "initiatives-detail", found.id)) if found else ("", "")


def _shown_on(request: WorkspaceRequest, form_id: int) -> list[tuple[PublicInfo, str]]:
    """Public pages that show this form, with their public addresses."""
    found = []
    for one in landing.list_pages(ListQuery(limit=500)).rows:
        if one.version_id is None:
            continue
        shown = documents.form_ids(documents.parse_page(landing.get_version(one.version_id).document))
        if form_id in shown:
            found.append((one, public_address(request, one.key)))
    return found


@dataclass
class _Listed:
    """The rows of the list, with what they need read once."""

    request: WorkspaceRequest

    def __post_init__(self) -> None:
        self._uses = Uses(self.request)
        self._names = members.names()
        self._counts: dict[int, int] = {}

    def screen(self) -> ListScreen[PublicInfo]:
        may_edit = self.request.actor.may(Permission.EDIT_CONTENT)
        return ListScreen(
            view="forms",
            columns=[
                Column("name", pgettext_lazy("form", "Name"), self._name, is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column("submissions", gettext_lazy("Submissions"), self._submissions, is_number=True),
                Column("used", gettext_lazy("Used in"), lambda row: uses_cell(self._uses, "form", row.id)),
                Column("saved", gettext_lazy("Last change"), self._saved),
            ],
            load=self._load,
            empty=Empty(
                gettext_lazy("There is no form yet"),
                gettext_lazy("A form asks for what is needed, and makes a visitor a person."),
                gettext_lazy("Make the first form") if may_edit else "",
                reverse("forms-new", args=[self.request.workspace.slug]) if may_edit else "",
                gettext_lazy("Example: a document request with company, name, mail address and consent"),
            ),
            filters=[Filter("q", pgettext_lazy("form", "Name"))],
            unit=_counted,
        )

    def _load(self, query: ListQuery) -> Page[PublicInfo]:
        found = public_forms.list_forms(query)
        self._counts = submissions.counts([one.id for one in found.rows])
        return found

    def _name(self, row: PublicInfo) -> SafeString:
        return lists.link(reverse("forms-detail", args=[self.request.workspace.slug, row.id]), row.name)

    def _state(self, row: PublicInfo) -> SafeString:
        return state_cell("form", row.state, row.version, is_changed=row.is_changed)

    def _submissions(self, row: PublicInfo) -> SafeString:
        href = reverse("forms-submissions", args=[self.request.workspace.slug, row.id])
        return format_html('<a href="{}">{}</a>', href, on_screen.number(self._counts.get(row.id, 0)))

    def _saved(self, row: PublicInfo) -> str:
        at = on_screen.moment(row.updated_at)
        return f"{at} {self._names.get(row.updated_by or 0, '')}"


def _counted(count: int) -> str:
    if on_screen.is_japanese():
        return f"{count:,}件"
    return f"{count:,} form" if count == 1 else f"{count:,} forms"
