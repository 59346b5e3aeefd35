"""行動カタログ: what arrives, name by name, with what it carries, where it is used and the rule for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from tabiji.core import clickhouse
from tabiji.core.paging import ListQuery, Page
from tabiji.events.public import catalogue, schemas, values
from tabiji.people.public import persons
from tabiji.web.audiences.used_in import Use
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind
from tabiji.web.insights import event_words, rejects
from tabiji.web.insights.event_uses import Uses
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_EMPTY_ROWS: Final = 3
_LOOKS: Final = 120
"""So often the newest events are looked for by themselves: ten minutes; then somebody asks for more."""
_NOTHING: Final = catalogue.Details([], 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One name of the list, with everything its cells say."""

    volume: catalogue.Volume
    details: catalogue.Details
    warned: int
    schema: schemas.Schema
    uses: Sequence[Use]


@page(Permission.SEE_INSIGHTS)
def index(request: WorkspaceRequest) -> HttpResponse:
    window = _window(request)
    here = catalogue.names(window)
    context = {"list": lists.render(_screen(request, here, window), request), "others": here.others}
    return render(request, "insights/events.html", context)


@page(Permission.SEE_INSIGHTS)
def detail(request: WorkspaceRequest) -> HttpResponse:
    name = request.GET.get("name", "")
    if not name:
        return redirect("events", request.workspace.slug)
    window = _window(request)
    volume = _volume(name, window)
    found = catalogue.details([name], window)[name]
    carried = catalogue.properties(volume, window)
    shown = request.actor.may(Permission.SEE_PERSONAL_DATA)
    context = {
        "name": name,
        "called": event_words.called(name),
        "meaning": event_words.meaning(name),
        "schema": schemas.get(name),
        "rule": _rule_lines(schemas.get(name)),
        "volume": volume,
        "details": found,
        "by_day": bars(found.days, window),
        "sources": _sources(volume),
        "carried": carried,
        "properties": [_property(one, carried.looked_at, is_shown=shown) for one in carried.listed],
        "warnings": [(_broken(one.reason, one.property), one.count) for one in schemas.warnings_of(name)],
        "uses": Uses(request).of(name),
        "rule_href": _href(request, "events-rule", name),
        **_live(request, name),
    }
    return render(request, "insights/event.html", context)


@page(Permission.SEE_INSIGHTS)
def live(request: WorkspaceRequest) -> HttpResponse:
    """The newest events once more; nothing where nothing can have come since."""
    name, look = request.GET.get("name", ""), request.GET.get("look", "")
    seen, looks = request.GET.get("seen", ""), int(look) if look.isdecimal() and len(look) < 4 else 0
    if not name:
        return redirect("events", request.workspace.slug)
    if seen == catalogue.mark() and looks < _LOOKS:
        return HttpResponse(status=204)
    return render(request, "insights/event_live.html", _live(request, name, looks + 1))


@page(Permission.EDIT_MARKETING_SETTINGS)
def rule(request: WorkspaceRequest) -> HttpResponse:
    name = request.GET.get("name", "")
    if not name:
        return redirect("events", request.workspace.slug)
    window = _window(request)
    volume = _volume(name, window)
    before = schemas.get(name)
    form = RuleForm(request.POST or None, initial=_initial(before))
    rows, problem = [*_rows(before), *[("", "", False)] * _EMPTY_ROWS], ""
    if request.method == "POST":
        rows = _posted(request.POST)
        if form.is_valid():
            try:
                schemas.save(_schema(name, form.cleaned_data, rows), actor=request.actor)
            except schemas.BadSchema as bad:
                problem = str(_PROBLEMS[bad.part])
            else:
                flashes.success(request, _("Saved. It holds for what arrives from now on."))
                return redirect(_href(request, "events-detail", name))
    context = {
        "name": name,
        "called": event_words.called(name),
        "form": form,
        "rows": rows,
        "kinds": [(kind.value, word) for kind, word in event_words.KINDS.items()],
        "known": [one.name for one in catalogue.properties(volume, window).listed],
        "problem": problem,
        "back": _href(request, "events-detail", name),
    }
    return render(request, "insights/event_rule.html", context, status=422 if form.is_bound else 200)


class RuleForm(forms.Form):
    """What a name means, whether it may come, and what happens with what does not fit."""

    description = forms.CharField(
        label=gettext_lazy("What it means"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1_000,
        required=False,
        help_text=gettext_lazy("For colleagues: when a site sends it, and what one may read from it."),
    )
    allowed = forms.ChoiceField(
        label=gettext_lazy("May events of this name come?"),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
        initial="yes",
    )
    blocks = forms.ChoiceField(
        label=gettext_lazy("What happens with an event that does not fit"),
        choices=[
            ("no", gettext_lazy("Only check: it is taken in and counted here")),
            ("yes", gettext_lazy("Do not take it in: it stands among the refused events with its reason")),
        ],
        initial="no",
    )


def bars(days: Sequence[int], window: catalogue.Window) -> dict[str, Any]:
    """A bar for each day, in per cent of the largest."""
    most = max(days, default=0)
    heights = [round(100 * count / most, 1) if most else 0.0 for count in days]
    width = 100 / max(len(days), 1)
    drawn = [
        {"x": round(place * width, 2), "y": round(100 - height, 1), "height": height}
        for place, height in enumerate(heights)
        if height
    ]
    return {"drawn": drawn, "width": round(width * 0.8, 2), "most": most, "first": window.first}


def _screen(request: WorkspaceRequest, here: catalogue.Names, window: catalogue.Window) -> ListScreen[Row]:
    uses = Uses(request)
    words = [one.name for one in here.volumes]

    def load(query: ListQuery) -> Page[Row]:
        also = event_words.fitting(query.filters.get("search", ""), words)
        found = catalogue.list_names(here, query, also=also)
        shown = [one.name for one in found.rows]
        details = catalogue.details(shown, window)
        warned, said = schemas.count_warnings(shown), schemas.get_many(shown)
        return found.map(
            lambda one: Row(
                one,
                details.get(one.name, _NOTHING),
                warned.get(one.name, 0),
                said.get(one.name, schemas.Schema(one.name)),
                uses.of(one.name),
            )
        )

    def called(row: Row) -> SafeString:
        name, said = row.volume.name, event_words.called(row.volume.name)
        return lists.link(_href(request, "events-detail", name), said, name if said != name else "")

    def people(row: Row) -> str | SafeString:
        if not row.details.people and not row.details.visitors:
            return "0"
        href = behind.address(request, "event-people", row.volume.name)
        return format_html('<a href="{}">{}</a>', href, on_screen.number(row.details.people))

    def state(row: Row) -> SafeString | str:
        if not row.schema.is_allowed and row.schema.blocks:
            return format_html('<span class="tag tag-hot">{}</span>', _("Is not taken in"))
        if row.warned:
            said = ngettext("%(n)s does not fit", "%(n)s do not fit", row.warned)
            return format_html(
                '<span class="tag tag-wait">{}</span>', said % {"n": on_screen.number(row.warned)}
            )
        return _("Has a rule") if row.schema.has_rule else ""

    def drawn(row: Row) -> SafeString:
        return SafeString(
            render_to_string("insights/event_bars.html", {"by_day": bars(row.details.days, window)})
        )

    def moment(row: Row) -> str:
        return on_screen.moment(row.volume.last_at, year=True) if row.volume.last_at else _("Never yet")

    return ListScreen(
        "events",
        [
            Column("name", gettext_lazy("Event"), called, is_head=True, sort="name"),
            Column(
                "recent",
                gettext_lazy("Last 30 days"),
                lambda row: on_screen.number(row.volume.recent),
                sort="recent",
                is_number=True,
            ),
            Column("days", gettext_lazy("By day"), drawn),
            Column("people", gettext_lazy("People"), people, is_number=True),
            Column(
                "visitors",
                gettext_lazy("Anonymous visitors"),
                lambda row: on_screen.number(row.details.visitors),
                is_number=True,
            ),
            Column(
                "total",
                gettext_lazy("In all"),
                lambda row: on_screen.number(row.volume.total),
                sort="total",
                is_number=True,
            ),
            Column(
                "first",
                gettext_lazy("First seen"),
                lambda row: on_screen.day(row.volume.first_at, year=True),
                is_optional=True,
                is_short=True,
            ),
            Column("last", gettext_lazy("Last seen"), moment, sort="last", is_short=True),
            Column("sources", pgettext_lazy("reject", "From"), lambda row: _sources(row.volume)),
            Column("uses", gettext_lazy("Used in"), lambda row: _used(row.uses), is_short=True),
            Column("rule", gettext_lazy("Rule"), state, is_short=True),
        ],
        load,
        Empty(
            gettext_lazy("No event has arrived yet"),
            gettext_lazy(
                "Put the tracking tag on a page, or send events from a server: they stand here at once."
            ),
            gettext_lazy("Tracking tag and keys"),
            links.address(request, "keys"),
        ),
        [Filter("search", gettext_lazy("Name of the event"))],
        unit=lambda count: ngettext("%(n)s name", "%(n)s names", count) % {"n": on_screen.number(count)},
        default_sort="-recent",
    )


def _live(request: WorkspaceRequest, name: str, looks: int = 0) -> dict[str, Any]:
    """The newest events, and where to look for newer ones: no more after a while."""
    try:
        mark, found = catalogue.mark(), catalogue.newest(name)
    except clickhouse.ClickHouseResting:
        return {"rests": True}
    known = persons.get_many({one.person_id for one in found if one.person_id})
    query = {"name": name, "seen": mark, "look": looks}
    address = links.address(request, "events-live")
    shown = request.actor.may(Permission.SEE_PERSONAL_DATA)
    return {
        "arrivals": [
            (
                one,
                known.get(one.person_id) if one.person_id else None,
                _where(one, shown),
                _said(one, shown),
                rejects.source_of(one.source),
            )
            for one in found
        ],
        "newer": f"{address}?{urlencode(query)}" if looks < _LOOKS else "",
        "again": f"{address}?{urlencode({**query, 'look': 0})}",
    }


def _where(arrival: catalogue.Arrival, is_shown: bool) -> str:
    place = arrival.title or arrival.path
    return place if is_shown else on_screen.masked(place)


def _said(arrival: catalogue.Arrival, is_shown: bool) -> list[tuple[str, str]]:
    return [(name, value if is_shown else on_screen.masked(value)) for name, value in arrival.properties]


def _property(one: catalogue.Property, looked_at: int, *, is_shown: bool) -> dict[str, Any]:
    examples = [text if is_shown else on_screen.masked(text) for text in one.examples]
    distinct = on_screen.number(one.distinct)
    return {
        "name": one.name,
        "kinds": [(str(event_words.KINDS[kind]), count) for kind, count in one.kinds],
        "share": on_screen.percent(one.filled, looked_at, 0),
        "filled": one.filled,
        "examples": list(dict.fromkeys(examples)),
        "distinct": pgettext("values", "over %(n)s") % {"n": distinct} if one.is_many else distinct,
    }


def _rule_lines(schema: schemas.Schema) -> list[str]:
    """The rule in sentences."""
    if not schema.has_rule:
        return []
    lines = [] if schema.is_allowed else [_("No event of this name may come.")]
    for one in schema.properties:
        kind = str(event_words.KINDS[one.kind]) if one.kind else _("Anything")
        said = _("%(property)s: %(kind)s, always there") if one.is_required else _("%(property)s: %(kind)s")
        lines.append(said % {"property": one.name, "kind": kind})
    return lines


def _broken(reason: str, prop: str) -> str:
    return str(event_words.BREAKS[reason]) % {"property": prop}


def _sources(volume: catalogue.Volume) -> str:
    return on_screen.comma().join(dict.fromkeys(rejects.source_of(one) for one in volume.sources))


def _used(uses: Sequence[Use]) -> str:
    return ngettext("%(n)s place", "%(n)s places", len(uses)) % {"n": len(uses)} if uses else ""


def _window(request: WorkspaceRequest) -> catalogue.Window:
    return catalogue.Window.until(request.now, request.workspace.zone)


def _volume(name: str, window: catalogue.Window) -> catalogue.Volume:
    found = catalogue.names(window).find(name)
    if found is None:
        raise catalogue.NoSuchEvent(f"no event called {name!r} has arrived here")
    return found


def _href(request: WorkspaceRequest, page_name: str, event: str) -> str:
    return f"{links.address(request, page_name)}?{urlencode({'name': event})}"


def _initial(schema: schemas.Schema) -> dict[str, str]:
    return {
        "description": schema.description,
        "allowed": "yes" if schema.is_allowed else "no",
        "blocks": "yes" if schema.blocks else "no",
    }


def _rows(schema: schemas.Schema) -> list[tuple[str, str, bool]]:
    return [(one.name, one.kind or "", one.is_required) for one in schema.properties]


def _posted(post: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """The rows as they were filled in: (property, kind, it must be there)."""
    places = [place for place in range(schemas.MAX_PROPERTIES + _EMPTY_ROWS) if f"property-{place}" in post]
    return [
        (
            post[f"property-{place}"].strip(),
            post.get(f"kind-{place}", ""),
            f"needed-{place}" in post,
        )
        for place in places
    ]


def _schema(name: str, said: dict[str, Any], rows: Sequence[tuple[str, str, bool]]) -> schemas.Schema:
    known = {kind.value: kind for kind in values.Kind}
    properties = tuple(
        schemas.PropertyRule(prop, known.get(kind), needed) for prop, kind, needed in rows if prop
    )
    return schemas.Schema(
        name, said["description"], said["allowed"] == "yes", said["blocks"] == "yes", properties
    )


_PROBLEMS: Final[Mapping[str, Any]] = {
    "name": gettext_lazy("No more names can be described here."),
    "description": gettext_lazy("The description is too long."),
    "properties": gettext_lazy("Name each property once, at most 50 of them."),
}
