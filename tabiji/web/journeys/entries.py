"""Who enters a journey: as a sentence, and as the form that changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from pydantic import ValidationError

from tabiji.audiences.public import audience, conditions
from tabiji.journeys.public import graph as graphs
from tabiji.web.journeys import words
from tabiji.web.shell import on_screen
from tabiji.workspaces.public import definitions

MAX_ENTRIES: Final = 10
MAX_FILTERS: Final = 5


class BadEntry(ValueError):
    """What was filled in lets nobody in; the message says why."""


def sentence(graph: graphs.Graph) -> str:
    """「資料請求」をした人が入る; several ways in are joined by "or"."""
    if not graph.entries:
        return _("Nobody enters yet: say who")
    names = {info.id: info.name for info in definitions.get_many(_definitions(graph)).values()}
    parts = [_one(entry, names) for entry in graph.entries]
    return _("%(who)s enter") % {"who": _(", or ").join(parts)}


def _one(entry: graphs.Entry, names: dict[int, str]) -> str:
    match entry:
        case graphs.FormEntry(form_id=form_id):
            return _("People who submit “%(form)s”") % {"form": names.get(form_id, _("a form that is gone"))}
        case graphs.AudienceEntry(audience_id=audience_id):
            return _("People who come into the audience “%(audience)s”") % {
                "audience": names.get(audience_id, _("an audience that is gone"))
            }
        case graphs.EventEntry():
            return _event(entry)


def _event(entry: graphs.EventEntry) -> str:
    where = [
        {"prop": f"props.{one.name}", "op": "in", "value": list(one.values)}
        if len(one.values) > 1
        else {"prop": f"props.{one.name}", "op": "is", "value": one.values[0]}
        for one in entry.where
    ]
    asked = conditions.read({"kind": "event", "name": entry.event, "where": where})
    said = conditions.sentence(asked, on_screen.language())
    if said.startswith(entry.event):  # an event of the customer's own, which has no verb
        said = words.quoted(entry.event) + said.removeprefix(entry.event)
        return _("People who did %(event)s") % {"event": said}
    return _("People who %(did)s") % {"did": said}


def _definitions(graph: graphs.Graph) -> list[int]:
    return [
        entry.form_id if isinstance(entry, graphs.FormEntry) else entry.audience_id
        for entry in graph.entries
        if not isinstance(entry, graphs.EventEntry)
    ]


# -- the form of the entry ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One way in: by an event (with filters on what it carried), a form, or an audience."""

    index: int
    kind: str
    event: str = ""
    where: Sequence[tuple[str, str]] = ()
    form_id: str = ""
    audience_id: str = ""

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """The filters, with one empty one to fill in."""
        return [*self.where, ("", "")]


def rows(graph: graphs.Graph) -> list[EntryRow]:
    return [_row(index, entry) for index, entry in enumerate(graph.entries)]


def read(post: Mapping[str, str]) -> tuple[list[graphs.Entry], graphs.Reentry]:
    """The entries and the re-entry rule that these fields say. Raises BadEntry."""
    found = []
    for index in range(MAX_ENTRIES):
        kind = post.get(f"entry-{index}-kind", "")
        if not kind:
            break
        found.append(_read_one(post, f"entry-{index}-", kind))
    days = post.get("reentry-days", "0")
    try:
        reentry = graphs.Reentry.model_validate(
            {"kind": post.get("reentry", "once"), "days": int(days) if days.isdecimal() else 0}
        )
    except ValidationError:
        raise BadEntry(_("Say after how many days people may enter again.")) from None
    return found, reentry


def with_row(graph: graphs.Graph, kind: str) -> list[graphs.Entry]:
    """The entries with one more of this kind, as it begins. Raises BadEntry where there is none to choose."""
    if len(graph.entries) >= MAX_ENTRIES:
        raise BadEntry(_("There are enough ways in."))
    return [*graph.entries, beginning(kind)]


def beginning(kind: str) -> graphs.Entry:
    """Raises BadEntry where there is no form or audience yet."""
    match kind:
        case "form":
            return graphs.FormEntry(kind="form", form_id=_first(form_options(), _("There is no form yet.")))
        case "audience":
            options = audience_options()
            return graphs.AudienceEntry(
                kind="audience", audience_id=_first(options, _("There is no audience yet."))
            )
        case _:
            return graphs.EventEntry(kind="event", event="form_submitted")


def form_options() -> list[tuple[str, str]]:
    return [(str(info.id), info.name) for info in definitions.list_of_kind("form")]


def audience_options() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in audience.list_all()]


def _row(index: int, entry: graphs.Entry) -> EntryRow:
    match entry:
        case graphs.FormEntry(form_id=form_id):
            return EntryRow(index, "form", form_id=str(form_id))
        case graphs.AudienceEntry(audience_id=audience_id):
            return EntryRow(index, "audience", audience_id=str(audience_id))
        case graphs.EventEntry(event=event, where=where):
            filters = [(one.name, ", ".join(one.values)) for one in where]
            return EntryRow(index, "event", event=event, where=filters)


def _read_one(post: Mapping[str, str], prefix: str, kind: str) -> graphs.Entry:
    number = post.get(f"{prefix}{kind}", "")
    if kind == "form" and number.isdecimal():
        return graphs.FormEntry(kind="form", form_id=int(number))
    if kind == "audience" and number.isdecimal():
        return graphs.AudienceEntry(kind="audience", audience_id=int(number))
    if kind != "event":
        return beginning(kind)
    name = post.get(prefix + "event", "").strip()
    if not name:
        raise BadEntry(_("Say which event lets people in."))
    where = []
    for place in range(MAX_FILTERS):
        prop = post.get(f"{prefix}where-{place}-name", "").strip()
        values = post.get(f"{prefix}where-{place}-values", "")
        stated = [value.strip() for value in values.replace("、", ",").split(",") if value.strip()]
        if prop and stated:
            where.append({"name": prop, "values": stated})
    try:
        return graphs.EventEntry.model_validate({"kind": "event", "event": name[:200], "where": where})
    except ValidationError:
        raise BadEntry(_("The name of a property has letters, digits, dots and underscores only.")) from None


def _first(options: Sequence[tuple[str, str]], why: str) -> int:
    if not options:
        raise BadEntry(why)
    return int(options[0][0])
