"""さきほどの人の動き: the newest acts of known people, a visit told as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.insights.contracts import HumanAct
from tabiji.insights.public import home
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.web.components import event_names
from tabiji.web.insights import matches

_VISIT: Final = timedelta(minutes=30)
_ASKED: Final = 80
_PAGES: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    person: PersonInfo
    at: datetime
    text: str


@dataclass(slots=True)
class _Visit:
    """Acts of one person and kind within half an hour, newest first."""

    acts: list[HumanAct] = field(default_factory=list)

    def takes(self, act: HumanAct) -> bool:
        first = self.acts[-1]
        return (
            act.person_id == first.person_id
            and act.name == first.name == "page_viewed"
            and first.at - act.at <= _VISIT
        )


def newest(now: datetime, limit: int = 8) -> list[Told]:
    """Newest first, machines left out. Raises ClickHouseResting."""
    visits: list[_Visit] = []
    for act in home.last_human_acts(now, _ASKED):
        taken = next((visit for visit in visits if visit.takes(act)), None)
        if taken is not None:
            taken.acts.append(act)
        else:
            visits.append(_Visit([act]))
    shown = visits[:limit]
    people = persons.get_many({visit.acts[0].person_id for visit in shown})
    names = home.initiative_names()
    return [
        Told(people[visit.acts[0].person_id], visit.acts[0].at, _sentence(visit.acts, names))
        for visit in shown
        if visit.acts[0].person_id in people
    ]


def _sentence(acts: Sequence[HumanAct], names: dict[int, str]) -> str:
    act = acts[0]
    initiative = names.get(act.initiative_id, "")
    match act.name:
        case "page_viewed":
            return _pages(acts)
        case "form_submitted":
            said = _("sent the form")
        case "click_judged":
            said = _("clicked in a mail")
        case "unsubscribed":
            said = _("unsubscribed")
        case "form_viewed":
            said = _("looked at the form")
        case "form_started":
            said = _("began the form")
        case _:
            known = matches.EVENTS.get(act.name)
            return act.title or (str(known) if known else event_names.said(act.name))
    return _("%(what)s (%(initiative)s)") % {"what": said, "initiative": initiative} if initiative else said


def _pages(acts: Sequence[HumanAct]) -> str:
    seen = list(dict.fromkeys(one.title or one.path for one in reversed(acts)))
    shown = seen if len(seen) <= _PAGES else [*seen[: _PAGES - 1], "…", seen[-1]]
    values = {"n": len(acts), "pages": " → ".join(shown)}
    return ngettext("viewed %(n)d page: %(pages)s", "viewed %(n)d pages: %(pages)s", len(acts)) % values
