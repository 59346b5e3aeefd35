"""Notices of sales: a line under the bell, and a mail for what must not be missed.

The bell's sentences belong to the screens; `kind` and `values` are all that they need:

| kind | values |
|---|---|
| hand_over | hand_over_id, person_id, person, company, reason, due_at (ms), pool |
| hand_overs | count, due_at (ms), pool: many at once |
| open_deal_active | person_id, person, company, reason, deal_id |
| hand_over_overdue | hand_over_id, person_id, person, company, owner, due_at (ms) |
| hand_over_returned | hand_over_id, person_id, person, company, reason, reason_key, note, restart_on |
| hand_over_moved | hand_over_id, person_id, person, company, by |

Words in them are in the workspace's language. Pages: `/w/<slug>/hand-overs/<id>/`, `…/deals/<id>/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import clock
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.sales import assignment, words
from tabiji.sales.contracts import HandOverInfo, ReturnReason
from tabiji.workspaces.public import Role, members, notices, workspace

_ONE_BY_ONE: Final = 5
"""More new hand-overs at once are told as one number, not as a pile of mails."""


class Reached(NamedTuple):
    """Somebody with an open deal reached the threshold."""

    person_id: UUID
    deal_id: int
    owner_id: int | None
    reason: str
    detail: dict[str, Any]


def new_hand_overs(made: Sequence[HandOverInfo], at: datetime) -> None:
    """Tell each owner, or the pool, of the hand-overs that are theirs now."""
    by_owner: dict[int | None, list[HandOverInfo]] = {}
    for one in made:
        by_owner.setdefault(one.owner_id, []).append(one)
    people = persons.get_many(one.person_id for one in made)
    with translation.override(workspace.current().language):
        for owner_id, theirs in by_owner.items():
            users = assignment.pool_members() if owner_id is None else [owner_id]
            if len(theirs) > _ONE_BY_ONE:
                _tell_many(users, theirs, at, is_pool=owner_id is None)
            else:
                for one in theirs:
                    _tell_new(users, one, people[one.person_id], at)


def reached_with_open_deal(reached: Sequence[Reached], at: datetime) -> None:
    """No hand-over for somebody with whom sales is talking already: the deal's owner hears of it."""
    able = assignment.sellers()
    people = persons.get_many(one.person_id for one in reached)
    with translation.override(workspace.current().language):
        for one in reached:
            person = people[one.person_id]
            users = [one.owner_id] if one.owner_id in able else assignment.managers()
            values = _who(person) | {
                "reason": words.why_handed_over(one.reason, one.detail),
                "deal_id": one.deal_id,
            }
            _tell(
                [user for user in users if user is not None],
                "open_deal_active",
                at,
                _page(f"deals/{one.deal_id}"),
                values,
                _("%(person)s is active again") % {"person": _named(person)},
                _("There is an open deal, so nobody was handed over.") + "\n" + values["reason"],
            )


def overdue(late: Sequence[HandOverInfo], at: datetime) -> None:
    """Tell the managers of hand-overs that nobody accepted in time."""
    people = persons.get_many(one.person_id for one in late)
    names = members.names()
    users = assignment.managers()
    with translation.override(workspace.current().language):
        for one in late:
            person = people[one.person_id]
            owner = names.get(one.owner_id or 0, "") or _("the pool")
            _tell(
                users,
                "hand_over_overdue",
                at,
                _path(one.id),
                _who(person) | {"hand_over_id": one.id, "owner": owner, "due_at": clock.to_ms(one.due_at)},
                _("Not accepted in time: %(person)s") % {"person": _named(person)},
                _("With %(owner)s since %(since)s.") % {"owner": owner, "since": _moment(one.requested_at)},
            )


def returned(one: HandOverInfo, reason: str, at: datetime) -> None:
    """Tell marketing what came back, and why."""
    person = persons.get_many([one.person_id])[one.person_id]
    users = [colleague.user_id for colleague in members.list_colleagues(roles=(Role.MARKETER,))]
    with translation.override(workspace.current().language):
        said = str(words.RETURN_REASONS[ReturnReason(reason)])
        restart = one.restart_on.isoformat() if one.restart_on else ""
        _tell(
            users,
            "hand_over_returned",
            at,
            _path(one.id),
            _who(person)
            | {
                "hand_over_id": one.id,
                "reason": said,
                "reason_key": reason,
                "note": one.return_note,
                "restart_on": restart,
            },
            _("Returned by sales: %(person)s") % {"person": _named(person)},
            "\n".join(part for part in (_("Reason: %(reason)s") % {"reason": said}, one.return_note) if part),
        )


def moved(theirs: Sequence[HandOverInfo], user_id: int, by: str, at: datetime) -> None:
    """Tell a colleague that a manager gave them somebody else's hand-overs."""
    people = persons.get_many(one.person_id for one in theirs)
    with translation.override(workspace.current().language):
        for one in theirs:
            person = people[one.person_id]
            _tell(
                [user_id],
                "hand_over_moved",
                at,
                _path(one.id),
                _who(person) | {"hand_over_id": one.id, "by": by},
                _("Now yours: %(person)s") % {"person": _named(person)},
                _("%(by)s gave you this hand-over.") % {"by": by},
            )


def _tell_new(users: list[int], one: HandOverInfo, person: PersonInfo, at: datetime) -> None:
    why = words.why_handed_over(one.reason, one.detail)
    _tell(
        users,
        "hand_over",
        at,
        _path(one.id),
        _who(person)
        | {
            "hand_over_id": one.id,
            "reason": why,
            "due_at": clock.to_ms(one.due_at),
            "pool": one.owner_id is None,
        },
        _("Hand-over: %(person)s") % {"person": _named(person)},
        why + "\n" + _("Please accept or return by %(due)s.") % {"due": _moment(one.due_at)},
    )


def _tell_many(users: list[int], theirs: Sequence[HandOverInfo], at: datetime, *, is_pool: bool) -> None:
    due = min(one.due_at for one in theirs)
    _tell(
        users,
        "hand_overs",
        at,
        _page("hand-overs"),
        {"count": len(theirs), "due_at": clock.to_ms(due), "pool": is_pool},
        ngettext("%(n)s new hand-over", "%(n)s new hand-overs", len(theirs)) % {"n": len(theirs)},
        _("Please accept or return by %(due)s.") % {"due": _moment(due)},
    )


def _tell(
    users: Iterable[int],
    kind: str,
    at: datetime,
    path: str,
    values: dict[str, Any],
    subject: str,
    body: str,
) -> None:
    told = list(users)
    if not told:
        return
    notices.notify(told, kind=kind, at=at, path=path, values=values)
    line = subject.replace("\r", " ").replace("\n", " ")[:300]
    notices.mail(told, subject=line, body=f"{body}\n\n{settings.PUBLIC_URL}{path}\n")


def _who(person: PersonInfo) -> dict[str, Any]:
    return {"person_id": str(person.id), "person": _name_of(person), "company": person.company}


def _named(person: PersonInfo) -> str:
    name = _name_of(person)
    return _("%(name)s (%(company)s)") % {"name": name, "company": person.company} if person.company else name


def _name_of(person: PersonInfo) -> str:
    return person.name or person.email or _("a person without a name")


def _moment(moment: datetime) -> str:
    local = moment.astimezone(workspace.current().zone)
    return f"{local.month}/{local.day} {local:%H:%M}"


def _path(hand_over_id: int) -> str:
    return _page(f"hand-overs/{hand_over_id}")


def _page(rest: str) -> str:
    return f"/w/{workspace.current().slug}/{rest}/"
