"""Hand-overs: a person goes from marketing to sales, is accepted, or comes back with a reason.

One rule says whose it is (`assignment`), one clock until when it should be accepted (`accepting`).
Every writing function locks the person first, then the hand-over: two colleagues who accept at the
same moment are told apart by one UPDATE, and the second hears who was first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from tabiji.core import clock, facts, paging, postgres, sql
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields, holds, persons
from tabiji.sales import accepting, assignment, policy, tasks, telling, words
from tabiji.sales.assignment import Assigned, Assignee
from tabiji.sales.contracts import HandOverInfo, HandOverState, Requested, ReturnReason, TaskKind
from tabiji.scoring.public import scores
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Permission, calendar, definitions, members, workspace

COLUMNS: Final = (
    "h.id, h.person_id, h.state, h.reason, h.detail, h.owner_id, h.assigned_by, h.requested_at, h.due_at,"
    " h.accepted_at, h.accepted_by_id, h.returned_at, h.return_reason, h.return_note, h.restart_on, h.closed_at,"
    " h.told_overdue_at, h.initiative_id"
)
_JOURNEY: Final = "journey:"


class _Wish(NamedTuple):
    """One person to be handed over."""

    person: Assignee
    at: datetime
    cause: str
    detail: dict[str, Any]
    initiative_id: int


class NoSuchHandOver(LookupError):
    """No hand-over of this id in this workspace."""


class NotYours(PermissionError):
    """The hand-over belongs to a colleague, or this role does not work in sales."""


class SettledMeanwhile(RuntimeError):
    """Somebody else accepted, returned or closed it first: (state, by whom, when)."""

    def __init__(self, message: str, state: str, by: str, at: datetime | None) -> None:
        super().__init__(message)
        self.state = state
        self.by = by
        self.at = at


class BadReturn(ValueError):
    """A return that marketing could not use: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def request(
    person_ids: Iterable[UUID],
    *,
    reason: str,
    at: datetime | Mapping[UUID, datetime],
    cause: str | Mapping[UUID, str] = "",
    actor: str = facts.AUTOMATIC,
    detail: Mapping[UUID, dict[str, Any]] | None = None,
    owner_id: int | None = None,
    initiative_id: int | Mapping[UUID, int] = 0,
    hops: int = 0,
) -> Requested:
    """Give these people to sales, in the caller's transaction; what became of each.

    reason: `threshold`, `journey:<id>`, or a sentence of a colleague's; cause: what asked for it, the
    same cause never makes a second one for a person (default: reason and moment). at, cause and
    initiative_id may differ by person. detail: by person, what the sentence is filled with (label,
    points, threshold, score). owner_id: a wish of a colleague that goes before the rule. Nobody gets a second hand-over while one stands; whoever has an open
    deal gets none, the deal's owner is told instead.
    """
    where = persons.resolve(person_ids)
    people = _lock_people(where.values())
    if not people:
        return Requested()
    kind, label = _kind_of(reason)
    asked = {now: before for before, now in where.items()}
    wishes = [
        _Wish(
            person,
            person_at,
            _cause(cause, before, reason, person_at),
            {"label": label} | dict((detail or {}).get(before, {})),
            initiative_id if isinstance(initiative_id, int) else initiative_id.get(before, 0),
        )
        for one, person in people.items()
        for before in [asked[one]]
        for person_at in [at if isinstance(at, datetime) else at[before]]
    ]
    dealing = _with_open_deal(people)
    standing = _standing([one for one in people if one not in dealing])
    told = _notice([wish for wish in wishes if wish.person.person_id in dealing], dealing, kind)
    free = [wish for wish in wishes if wish.person.person_id not in dealing.keys() | standing.keys()]
    made = _make(free, kind, owner_id)
    _record_requested(made, actor, hops)
    if made:
        telling.new_hand_overs(made, max(one.requested_at for one in made))
    return Requested({one.person_id: one.id for one in made}, standing, told)


def accept(hand_over_id: int, *, at: datetime, actor: Actor) -> HandOverInfo:
    """受け取る: it is this colleague's from now on, and marketing mails stop until the deal closes.

    Raises NoSuchHandOver, NotYours, or SettledMeanwhile for whoever came second.
    """
    before = _lock(hand_over_id)
    _check_may_take(before, actor)
    took = accepting.elapsed(calendar.current(), before.requested_at, at)
    changed = postgres.execute(
        "UPDATE hand_over SET state = 'accepted', accepted_at = %s, accepted_by_id = %s, owner_id = %s,"
        " accept_seconds = %s WHERE id = %s AND state = 'pending'",
        [at, actor.user_id or None, actor.user_id or None, int(took.total_seconds()), hand_over_id],
    )
    if not changed:
        raise _settled(before)
    person = [before.person_id]
    if actor.user_id:
        owned = FieldUpdate(before.person_id, "owner_id", actor.user_id, clock.to_ms(at))
        fields.write([owned], actor=actor.label, cause=f"hand_over:{hand_over_id}")
    if policy.current().hold_marketing:
        holds.place(
            person,
            source=hold_source(hand_over_id),
            reason=words.kept(words.HOLD_REASON),
            at=at,
            actor=actor.label,
        )
    tasks.add(
        before.person_id,
        kind=TaskKind.CALL,
        title=words.kept(words.FIRST_CALL),
        due_at=at,
        owner_id=actor.user_id or None,
        hand_over_id=hand_over_id,
        at=at,
        actor=actor,
    )
    after_s = int((at - before.requested_at).total_seconds())
    _record(before, HandOverState.ACCEPTED, at, actor.label, {"after_s": after_s, "owner_id": actor.user_id})
    return get(hand_over_id)


def return_(
    hand_over_id: int,
    *,
    reason: str,
    at: datetime,
    actor: Actor,
    note: str = "",
    restart_on: date | None = None,
) -> HandOverInfo:
    """差し戻す: back to marketing with a reason; the threshold counts again, from the restart date if any.

    reason: a ReturnReason; 時期尚早 needs `restart_on` (after today), その他 needs a note.
    Raises BadReturn, NoSuchHandOver, NotYours, SettledMeanwhile.
    """
    zone = workspace.current().zone
    why = _checked_return(reason, note, restart_on, at.astimezone(zone).date())
    before = _lock(hand_over_id)
    _check_may_take(before, actor)
    changed = postgres.execute(
        "UPDATE hand_over SET state = 'returned', returned_at = %s, return_reason = %s, return_note = %s,"
        " restart_on = %s WHERE id = %s AND state IN ('pending', 'accepted')",
        [at, why.value, note.strip(), restart_on, hand_over_id],
    )
    if not changed:
        raise _settled(before)
    _let_go(before, at, actor.label)
    since = datetime.combine(restart_on, time(0), zone) if restart_on else at
    scores.rearm([before.person_id], at=at, since=since)
    detail = {"reason": why.value, "note": note.strip(), "from": before.state}
    if restart_on:
        detail["restart_on"] = restart_on.isoformat()
    _record(before, HandOverState.RETURNED, at, actor.label, detail)
    after = get(hand_over_id)
    telling.returned(after, why.value, at)
    return after


def close(
    hand_over_ids: Iterable[int],
    *,
    at: datetime,
    actor: str,
    why: str = "done",
    states: tuple[HandOverState, ...] = (HandOverState.ACCEPTED,),
) -> list[int]:
    """End hand-overs that stand in one of these states, and the hold that came with them; which did.

    why: `won`, `lost`, `merged` or `done`, for the line.
    """
    ids = sorted(set(hand_over_ids))
    people = postgres.rows("SELECT person_id FROM hand_over WHERE id = ANY(%s)", [ids])
    _lock_people(row[0] for row in people)
    ending = [one for one in get_many(ids).values() if one.state in states]
    postgres.execute(
        "UPDATE hand_over SET state = 'closed', closed_at = %s WHERE id = ANY(%s)",
        [at, [one.id for one in ending]],
    )
    for before in ending:
        _let_go(before, at, actor)
        _record(before, HandOverState.CLOSED, at, actor, {"why": why})
    return [one.id for one in ending]


def reopen(hand_over_id: int, *, at: datetime, actor: str) -> bool:
    """Undo a close: accepted again, with its hold. False where something newer stands for the person."""
    before = _lock(hand_over_id)
    if before.state != HandOverState.CLOSED or _standing([before.person_id]):
        return False
    postgres.execute(
        "UPDATE hand_over SET state = 'accepted', closed_at = NULL WHERE id = %s", [hand_over_id]
    )
    if policy.current().hold_marketing:
        source = hold_source(hand_over_id)
        holds.place(
            [before.person_id], source=source, reason=words.kept(words.HOLD_REASON), at=at, actor=actor
        )
    _record(before, HandOverState.ACCEPTED, at, actor, {"why": "reopened"})
    return True


def reassign(hand_over_ids: Iterable[int], *, to: int, at: datetime, actor: Actor) -> list[int]:
    """Give standing hand-overs to another colleague; those that moved. Raises NotYours, NoSuchHandOver.

    The clock of one that waits begins anew: the new owner gets the same hours.
    """
    if not actor.may(Permission.MANAGE_SALES):
        raise NotYours(_("Only a sales manager gives hand-overs to somebody else."))
    if to not in assignment.sellers():
        raise NotYours(_("This colleague does not work in sales here."))
    ids = sorted(set(hand_over_ids))
    found = get_many(ids)
    missing = [one for one in ids if one not in found]
    if missing:
        raise NoSuchHandOver(f"there is no hand-over {missing[0]} here")
    _lock_people(one.person_id for one in found.values())
    due = accepting.due_at(calendar.current(), at, policy.current().accept_hours)
    rows = postgres.rows(
        "UPDATE hand_over h SET owner_id = %s, assigned_by = 'person',"
        " due_at = CASE state WHEN 'pending' THEN %s ELSE due_at END,"
        " told_overdue_at = CASE state WHEN 'pending' THEN NULL ELSE told_overdue_at END"
        " WHERE id = ANY(%s) AND state IN ('pending', 'accepted') AND owner_id IS DISTINCT FROM %s"
        " RETURNING " + COLUMNS,
        [to, due, ids, to],
    )
    theirs = [HandOverInfo(*row) for row in rows]
    accepted = [one for one in theirs if one.state == HandOverState.ACCEPTED]
    updates = [FieldUpdate(one.person_id, "owner_id", to, clock.to_ms(at)) for one in accepted]
    fields.write(updates, actor=actor.label, cause="reassigned")
    postgres.execute(
        "UPDATE task SET owner_id = %s WHERE hand_over_id = ANY(%s) AND state = 'open'",
        [to, [one.id for one in theirs]],
    )
    if theirs:
        telling.moved(theirs, to, actor.name, at)
    return [one.id for one in theirs]


def get(hand_over_id: int) -> HandOverInfo:
    """Raises NoSuchHandOver."""
    found = get_many([hand_over_id])
    if hand_over_id not in found:
        raise NoSuchHandOver(f"there is no hand-over {hand_over_id} here")
    return found[hand_over_id]


def get_many(hand_over_ids: Iterable[int]) -> dict[int, HandOverInfo]:
    rows = postgres.rows(
        "SELECT " + COLUMNS + " FROM hand_over h WHERE h.id = ANY(%s) AND h.state <> 'noticed'",
        [list(hand_over_ids)],
    )
    return {row[0]: HandOverInfo(*row) for row in rows}


def find_standing(person_id: UUID) -> HandOverInfo | None:
    """The hand-over of this person that waits or was accepted."""
    found = _standing([person_id])
    return get(found[person_id]) if person_id in found else None


def list_of_person(person_id: UUID) -> list[HandOverInfo]:
    """Newest first."""
    rows = postgres.rows(
        "SELECT "
        + COLUMNS
        + " FROM hand_over h WHERE h.person_id = %s AND h.state <> 'noticed' ORDER BY id DESC",
        [person_id],
    )
    return [HandOverInfo(*row) for row in rows]


def list_hand_overs(
    query: ListQuery, *, now: datetime, among: Iterable[int] | None = None
) -> Page[HandOverInfo]:
    """Newest first. Filters: `state`, `owner` (user id, `pool`), `reason` (of the return), `late` = 1.

    among: only these (the ids behind a number on a screen).
    """
    where, params = _where(query.filters, now, among)
    after = paging.from_cursor(query.after, 1)[0] if query.after else None
    rows = postgres.rows(
        "SELECT "
        + COLUMNS
        + " FROM hand_over h"
        + where
        + " AND (%s::bigint IS NULL OR h.id < %s) ORDER BY h.id DESC LIMIT %s",
        [*params, after, after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM hand_over h" + where, params)
    kept = [HandOverInfo(*row) for row in rows[: query.limit]]
    return Page(kept, paging.to_cursor(kept[-1].id) if len(rows) > query.limit else "", total)


def tell_overdue(now: datetime) -> int:
    """Tell the managers, once, of what nobody accepted in time; the number told. For the loop."""
    rows = postgres.rows(
        "UPDATE hand_over h SET told_overdue_at = %s WHERE id IN ("
        " SELECT id FROM hand_over WHERE state = 'pending' AND told_overdue_at IS NULL AND due_at <= %s"
        " ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED) RETURNING " + COLUMNS,
        [now, now],
    )
    late = sorted((HandOverInfo(*row) for row in rows), key=lambda one: one.due_at)
    if late:
        telling.overdue(late, now)
    return len(late)


def hold_source(hand_over_id: int) -> str:
    """The name under which an accepted hand-over holds its person from marketing."""
    return f"hand_over:{hand_over_id}"


def _lock_people(person_ids: Iterable[UUID]) -> dict[UUID, Assignee]:
    """These people, locked in order of id."""
    rows = postgres.rows(
        "SELECT id, owner_id, company_id FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        [sorted(set(person_ids))],
    )
    return {row[0]: Assignee(*row) for row in rows}


def _lock(hand_over_id: int) -> HandOverInfo:
    """The hand-over, its person locked. Raises NoSuchHandOver."""
    _lock_people([get(hand_over_id).person_id])
    return get(hand_over_id)


def _kind_of(reason: str) -> tuple[str, str]:
    """(kind, label) of what a caller gave as reason."""
    if reason == "threshold":
        return reason, ""
    journey = reason.removeprefix(_JOURNEY)
    if reason.startswith(_JOURNEY) and journey.isdecimal() and len(journey) < 19:
        found = definitions.get_many([int(journey)])
        return "journey", next((one.name for one in found.values()), "")
    return "person", reason[:200]


def _cause(cause: str | Mapping[UUID, str], person_id: UUID, reason: str, at: datetime) -> str:
    stated = cause if isinstance(cause, str) else cause[person_id]
    return (stated or f"{reason[:200]}@{clock.to_ms(at)}")[:255]


def _with_open_deal(people: Mapping[UUID, Assignee]) -> dict[UUID, tuple[int, int | None]]:
    rows = postgres.rows(
        "SELECT DISTINCT ON (person_id) person_id, id, owner_id FROM deal"
        " WHERE person_id = ANY(%s) AND outcome = '' ORDER BY person_id, opened_at DESC, id DESC",
        [list(people)],
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _standing(person_ids: Sequence[UUID]) -> dict[UUID, int]:
    return dict(
        postgres.rows(
            "SELECT person_id, id FROM hand_over"
            " WHERE person_id = ANY(%s) AND state IN ('pending', 'accepted')",
            [list(person_ids)],
        )
    )


def _make(wishes: Sequence[_Wish], kind: str, owner_id: int | None) -> list[HandOverInfo]:
    if not wishes:
        return []
    assigned = assignment.assign([wish.person for wish in wishes])
    if owner_id is not None and owner_id in assignment.sellers():
        assigned = dict.fromkeys(assigned, Assigned(owner_id, "person"))
    opening, hours = calendar.current(), policy.current().accept_hours
    due = {at: accepting.due_at(opening, at, hours) for at in {wish.at for wish in wishes}}
    rows = _insert(
        wishes,
        HandOverState.PENDING.value,
        kind,
        [assigned[wish.person.person_id] for wish in wishes],
        [due[wish.at] for wish in wishes],
    )
    found = get_many(rows.values())
    return [found[key] for key in sorted(found)]


def _notice(
    wishes: Sequence[_Wish], dealing: Mapping[UUID, tuple[int, int | None]], kind: str
) -> dict[UUID, int]:
    """Remember that these causes were told to the deals' owners, and tell them once."""
    if not wishes:
        return {}
    owners = [Assigned(dealing[wish.person.person_id][1], "deal_owner") for wish in wishes]
    fresh = _insert(wishes, "noticed", kind, owners, [wish.at for wish in wishes])
    telling.reached_with_open_deal(
        [
            telling.Reached(one, *dealing[one], kind, wish.detail)
            for wish in wishes
            for one in [wish.person.person_id]
            if one in fresh
        ],
        max(wish.at for wish in wishes),
    )
    return {wish.person.person_id: dealing[wish.person.person_id][0] for wish in wishes}


def _insert(
    wishes: Sequence[_Wish], state: str, kind: str, assigned: Sequence[Assigned], due: Sequence[datetime]
) -> dict[UUID, int]:
    """Those really made, by person."""
    rows = postgres.rows(
        sql.named("sales", "make_hand_overs"),
        {
            "workspace": postgres.workspace_id(),
            "state": state,
            "reason": kind,
            "people": [wish.person.person_id for wish in wishes],
            "ats": [wish.at for wish in wishes],
            "due": due,
            "causes": [wish.cause for wish in wishes],
            "details": [Jsonb(wish.detail) for wish in wishes],
            "owners": [one.owner_id for one in assigned],
            "assigned": [one.assigned_by for one in assigned],
            "initiatives": [wish.initiative_id for wish in wishes],
        },
    )
    return {person_id: number for number, person_id in rows}


def _record_requested(made: Sequence[HandOverInfo], actor: str, hops: int) -> None:
    facts.record(
        [
            Change(
                one.person_id,
                "hand_over",
                str(one.id),
                "",
                HandOverState.PENDING.value,
                0.0,
                clock.to_ms(one.requested_at),
                actor,
                one.reason,
                one.initiative_id,
                hops,
                one.detail
                | {"reason": one.reason, "owner_id": one.owner_id, "due_at": clock.to_ms(one.due_at)},
            )
            for one in made
        ]
    )


def _record(
    before: HandOverInfo,
    new: HandOverState,
    at: datetime,
    actor: str,
    detail: dict[str, Any],
) -> None:
    facts.record(
        [
            Change(
                before.person_id,
                "hand_over",
                str(before.id),
                before.state,
                new.value,
                0.0,
                clock.to_ms(at),
                actor,
                new.value,
                before.initiative_id,
                0,
                detail,
            )
        ]
    )


def _let_go(before: HandOverInfo, at: datetime, actor: str) -> None:
    """Marketing may speak again, and what was to do for sales falls away."""
    holds.release([before.person_id], source=hold_source(before.id), at=at, actor=actor)
    tasks.drop_of_hand_over(before.id, at=at, actor=actor)


def _check_may_take(before: HandOverInfo, actor: Actor) -> None:
    if not actor.may(Permission.WORK_SALES):
        raise NotYours(_("Your role does not work on hand-overs."))
    if before.state not in (HandOverState.PENDING, HandOverState.ACCEPTED):
        return  # whoever comes too late hears that, whosever it was
    if before.owner_id in (None, actor.user_id) or actor.may(Permission.MANAGE_SALES):
        return
    if before.state == HandOverState.ACCEPTED:
        raise _settled(before)
    owner = members.names().get(before.owner_id or 0, "")
    raise NotYours(_("This hand-over is %(owner)s's. A sales manager can give it to you.") % {"owner": owner})


def _settled(before: HandOverInfo) -> SettledMeanwhile:
    """What the second of two colleagues is told; read afresh, after the first has committed."""
    one = get(before.id)
    by = members.names().get(one.accepted_by or one.owner_id or 0, "") or _("a colleague")
    match one.state:
        case HandOverState.ACCEPTED:
            said, at = _("%(by)s has accepted this hand-over already."), one.accepted_at
        case HandOverState.RETURNED:
            said, at = _("This hand-over was returned already."), one.returned_at
        case _:
            said, at = _("This hand-over is closed already."), one.closed_at
    return SettledMeanwhile(said % {"by": by}, one.state, by, at)


def _checked_return(reason: str, note: str, restart_on: date | None, today: date) -> ReturnReason:
    try:
        why = ReturnReason(reason)
    except ValueError:
        raise BadReturn("reason", _("Choose one of the reasons.")) from None
    if why is ReturnReason.TOO_EARLY:
        if restart_on is None:
            raise BadReturn("restart_on", _("Say from which day on it makes sense again."))
        if not today < restart_on <= today + timedelta(days=3_650):
            raise BadReturn("restart_on", _("The day must lie after today, within ten years."))
    elif restart_on is not None:
        raise BadReturn("restart_on", _("Only “Too early” has a day to begin again."))
    if why is ReturnReason.OTHER and not note.strip():
        raise BadReturn("note", _("Say in a few words why."))
    if len(note) > 1_000 or "\x00" in note:
        raise BadReturn("note", _("The note may have 1,000 characters."))
    return why


def _where(filters: Mapping[str, str], now: datetime, among: Iterable[int] | None) -> tuple[str, list[Any]]:
    parts = [" WHERE h.state <> 'noticed'"]
    params: list[Any] = []
    if among is not None:
        parts.append("h.id = ANY(%s)")
        params.append(list(among))
    for name, condition in (("state", "h.state = %s"), ("reason", "h.return_reason = %s")):
        if filters.get(name):
            parts.append(condition)
            params.append(filters[name])
    owner = filters.get("owner", "")
    if owner == "pool":
        parts.append("h.owner_id IS NULL")
    elif owner:
        parts.append("h.owner_id = %s")
        params.append(int(owner) if owner.isdecimal() and len(owner) < 19 else 0)
    if filters.get("late"):
        parts.append("h.state = 'pending' AND h.due_at <= %s")
        params.append(now)
    return " AND ".join(parts), params
