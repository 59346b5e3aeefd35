"""Deals (商談): phases, an amount in yen, won or lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import clock, facts, paging, postgres
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.people.public import persons
from tabiji.sales import assignment, hand_overs, policy
from tabiji.sales.contracts import DealInfo, LostReason, Outcome, PhaseTotal
from tabiji.scoring.public import scores
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit

COLUMNS: Final = (
    "d.id, d.person_id, d.company_id, d.name, d.line, d.phase, d.amount, d.owner_id, d.opened_at, d.phase_since,"
    " d.expected_on, d.outcome, d.closed_at, d.lost_reason, d.hand_over_id, d.version"
)
MOST_YEN: Final = 1_000_000_000_000


class NoSuchDeal(LookupError):
    """No deal of this id in this workspace."""


class BadDeal(ValueError):
    """A deal that cannot be: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class ChangedMeanwhile(RuntimeError):
    """Somebody else changed the deal after it was read: show it again, then decide."""


def open_(
    person_id: UUID,
    *,
    name: str,
    at: datetime,
    actor: Actor,
    amount: int = 0,
    line: str = "",
    phase: str = "",
    owner_id: int | None = None,
    expected_on: date | None = None,
) -> DealInfo:
    """A new open deal; it belongs to the person's accepted hand-over, if there is one.

    amount: yen; line and phase: keys of the policy, empty for the first. Raises BadDeal,
    policy.UnknownWord.
    """
    rules = policy.current()
    line, phase = line or rules.lines[0][0], phase or rules.phases[0][0]
    rules.check_line(line)
    rules.check_phase(phase)
    _check(name, amount)
    assignment.check(owner_id)
    where = persons.resolve([person_id]).get(person_id)
    if where is None:
        raise BadDeal("person", _("There is no such person here."))
    postgres.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", [where])
    standing = hand_overs.find_standing(where)
    row = postgres.find_row(
        "INSERT INTO deal AS d (workspace_id, person_id, company_id, name, line, phase, amount, owner_id,"
        " opened_at, phase_since, expected_on, outcome, lost_reason, hand_over_id, version)"
        " SELECT %s, p.id, p.company_id, %s, %s, %s, %s, %s::bigint, %s, %s, %s::date, '', '', %s::bigint, 1"
        " FROM person p WHERE p.id = %s RETURNING " + COLUMNS,
        [
            postgres.workspace_id(),
            name.strip(),
            line,
            phase,
            amount,
            owner_id or actor.user_id or None,
            at,
            at,
            expected_on,
            standing.id if standing and standing.state == "accepted" else None,
            where,
        ],
    )
    assert row is not None
    made = DealInfo(*row)
    _record(made, "", phase, at, actor.label, {"name": made.name})
    return made


def move(deal_id: int, phase: str, *, at: datetime, actor: Actor, version: int | None = None) -> DealInfo:
    """To another phase. Raises policy.UnknownWord, NoSuchDeal, BadDeal (closed), ChangedMeanwhile."""
    policy.current().check_phase(phase)
    before = _lock_open(deal_id, version)
    if before.phase == phase:
        return before
    postgres.execute(
        "UPDATE deal SET phase = %s, phase_since = %s, version = version + 1 WHERE id = %s",
        [phase, at, deal_id],
    )
    after = get(deal_id)
    _record(after, before.phase, phase, at, actor.label, {})
    return after


def change(
    deal_id: int,
    *,
    at: datetime,
    actor: Actor,
    version: int | None = None,
    name: str | None = None,
    amount: int | None = None,
    owner_id: int | None = None,
    expected_on: date | None = None,
    line: str | None = None,
) -> DealInfo:
    """Other words or figures for an open deal; what is None stays. Raises like `move`.

    line: a key of the policy; another one than before is audited. A closed deal keeps its line, since its
    contract was counted under it: `reopen`, change, and `win` or `lose` again.
    """
    _check("-" if name is None else name, amount or 0)
    assignment.check(owner_id)
    before = _lock_open(deal_id, version)
    if line is not None and line != before.line:  # a line that the policy gave up may stay
        policy.current().check_line(line)
    postgres.execute(
        "UPDATE deal SET name = coalesce(%s, name), line = coalesce(%s, line),"
        " amount = coalesce(%s::bigint, amount), owner_id = coalesce(%s::bigint, owner_id),"
        " expected_on = coalesce(%s::date, expected_on), version = version + 1 WHERE id = %s",
        [name.strip() if name is not None else None, line, amount, owner_id, expected_on, deal_id],
    )
    after = get(deal_id)
    _record_correction(before, after, at, actor)
    return after


def win(
    deal_id: int, *, at: datetime, actor: Actor, amount: int | None = None, version: int | None = None
) -> DealInfo:
    """受注: with its hand-over the hold on marketing ends, unless another deal of it is still open.

    Raises NoSuchDeal, BadDeal (closed, or an amount that cannot be), ChangedMeanwhile.
    """
    return _end(deal_id, Outcome.WON, at, actor, amount, "", version)


def lose(deal_id: int, *, reason: str, at: datetime, actor: Actor, version: int | None = None) -> DealInfo:
    """失注: as `win`, and the score threshold counts again for the person. reason: a LostReason."""
    if reason not in {one.value for one in LostReason}:
        raise BadDeal("reason", _("Choose one of the reasons."))
    lost = _end(deal_id, Outcome.LOST, at, actor, None, reason, version)
    scores.rearm([lost.person_id], at=at)
    return lost


def reopen(deal_id: int, *, at: datetime, actor: Actor, version: int | None = None) -> DealInfo:
    """Undo `win` or `lose`: open again in its phase, and its hand-over with the hold too."""
    before = _lock(deal_id, version)
    if before.outcome == Outcome.OPEN:
        return before
    postgres.execute(
        "UPDATE deal SET outcome = '', closed_at = NULL, lost_reason = '', version = version + 1 WHERE id = %s",
        [deal_id],
    )
    after = get(deal_id)
    if after.hand_over_id is not None and hand_overs.reopen(after.hand_over_id, at=at, actor=actor.label):
        scores.disarm([after.person_id], at=at)
    _record(after, before.outcome, after.phase, at, actor.label, {"reopened": True})
    return after


def get(deal_id: int) -> DealInfo:
    """Raises NoSuchDeal."""
    row = postgres.find_row("SELECT " + COLUMNS + " FROM deal d WHERE d.id = %s", [deal_id])
    if row is None:
        raise NoSuchDeal(f"there is no deal {deal_id} here")
    return DealInfo(*row)


def list_of_person(person_id: UUID) -> list[DealInfo]:
    """Open ones first, then the newest."""
    rows = postgres.rows(
        "SELECT "
        + COLUMNS
        + " FROM deal d WHERE d.person_id = %s ORDER BY d.outcome <> '', d.opened_at DESC, d.id",
        [person_id],
    )
    return [DealInfo(*row) for row in rows]


def list_deals(query: ListQuery, *, among: Iterable[int] | None = None) -> Page[DealInfo]:
    """The newest first. Filters: `outcome` (`open`, `won`, `lost`), `phase`, `line`, `owner` (user id,
    `pool` for nobody's), `company` (its id).

    among: only these (the ids behind a number on a screen).
    """
    where, params = _where(query.filters, among)
    after = paging.from_cursor(query.after, 2) if query.after else []
    beyond = " AND (d.opened_at, d.id) < (%s::timestamptz, %s::bigint)" if after else ""
    rows = postgres.rows(
        "SELECT "
        + COLUMNS
        + " FROM deal d"
        + where
        + beyond
        + " ORDER BY d.opened_at DESC, d.id DESC LIMIT %s",
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM deal d" + where, params)
    kept = [DealInfo(*row) for row in rows[: query.limit]]
    cursor = paging.to_cursor(kept[-1].opened_at, kept[-1].id) if len(rows) > query.limit else ""
    return Page(kept, cursor, total)


def by_phase(owner_id: int | None = None) -> list[PhaseTotal]:
    """Open deals by phase in yen, in the order of the phases; of one owner, or of everybody."""
    rows = postgres.rows(
        "SELECT phase, count(*), sum(amount)::bigint, array_agg(id ORDER BY id), array_agg(DISTINCT person_id)"
        " FROM deal WHERE outcome = '' AND (%s::bigint IS NULL OR owner_id = %s) GROUP BY phase",
        [owner_id, owner_id],
    )
    found = {row[0]: row for row in rows}
    rules = policy.current()
    # A phase that the policy no longer names still shows the deals that stand in it.
    keys = [key for key, _label in rules.phases] + sorted(set(found) - {key for key, _label in rules.phases})
    return [
        PhaseTotal(key, rules.phase_label(key), row[1], row[2], tuple(row[3]), tuple(row[4]))
        for key in keys
        for row in [found.get(key, (key, 0, 0, (), ()))]
    ]


def change_of(
    one: DealInfo, old: str, new: str, at: datetime, actor: str, detail: Mapping[str, Any]
) -> Change:
    """The fact: `new` is the phase, `won` or `lost`; `number` the amount in yen."""
    return Change(
        one.person_id,
        "deal",
        str(one.id),
        old,
        new,
        float(one.amount),
        clock.to_ms(at),
        actor,
        new,
        detail={"line": one.line, "owner_id": one.owner_id, "name": one.name} | dict(detail),
    )


def _end(
    deal_id: int,
    outcome: Outcome,
    at: datetime,
    actor: Actor,
    amount: int | None,
    lost_reason: str,
    version: int | None,
) -> DealInfo:
    _check("-", amount or 0)
    before = _lock_open(deal_id, version)
    postgres.execute(
        "UPDATE deal SET outcome = %s, closed_at = %s, lost_reason = %s, amount = coalesce(%s::bigint, amount),"
        " version = version + 1 WHERE id = %s",
        [outcome.value, at, lost_reason, amount, deal_id],
    )
    after = get(deal_id)
    detail = {"lost_reason": lost_reason} if lost_reason else {}
    _record(after, before.phase, outcome.value, at, actor.label, detail)
    if after.hand_over_id is not None and not _others_open(after):
        hand_overs.close([after.hand_over_id], at=at, actor=actor.label, why=outcome.value)
    return after


def _others_open(one: DealInfo) -> bool:
    found: bool = postgres.scalar(
        "SELECT EXISTS (SELECT 1 FROM deal WHERE hand_over_id = %s AND outcome = '')", [one.hand_over_id]
    )
    return found


def _record(one: DealInfo, old: str, new: str, at: datetime, actor: str, detail: Mapping[str, Any]) -> None:
    facts.record([change_of(one, old, new, at, actor, detail)])


def _record_correction(before: DealInfo, after: DealInfo, at: datetime, actor: Actor) -> None:
    detail: dict[str, Any] = {}
    if after.amount != before.amount:
        detail["old_amount"] = before.amount
    if after.line != before.line:
        detail["old_line"] = before.line
        said = {"line": after.line, "old_line": before.line}
        audit.record(actor, "change", "deal", after.id, values=said)
    if detail:
        _record(after, after.phase, after.phase, at, actor.label, detail)


def _lock(deal_id: int, version: int | None) -> DealInfo:
    """The person, then the deal."""
    found = get(deal_id)
    postgres.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", [found.person_id])
    postgres.execute("SELECT 1 FROM deal WHERE id = %s FOR UPDATE", [deal_id])
    found = get(deal_id)
    if version is not None and version != found.version:
        raise ChangedMeanwhile(_("Somebody changed this deal meanwhile. Look at it again."))
    return found


def _lock_open(deal_id: int, version: int | None) -> DealInfo:
    found = _lock(deal_id, version)
    if found.outcome != Outcome.OPEN:
        raise BadDeal("outcome", _("This deal is closed. Reopen it first."))
    return found


def _check(name: str, amount: int) -> None:
    if not name.strip() or len(name) > 200 or "\x00" in name:
        raise BadDeal("name", _("Give the deal a name of up to 200 characters."))
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= MOST_YEN:
        raise BadDeal("amount", _("Give whole yen, from 0 to a trillion."))


def _where(filters: Mapping[str, str], among: Iterable[int] | None) -> tuple[str, list[Any]]:
    parts = [" WHERE true"]
    params: list[Any] = []
    if among is not None:
        parts.append("d.id = ANY(%s)")
        params.append(list(among))
    outcome = filters.get("outcome", "")
    if outcome:
        parts.append("d.outcome = %s")
        params.append("" if outcome == "open" else outcome)
    for name, condition in (("phase", "d.phase = %s"), ("line", "d.line = %s")):
        if filters.get(name):
            parts.append(condition)
            params.append(filters[name])
    for name, column in (("owner", "d.owner_id"), ("company", "d.company_id")):
        asked = filters.get(name, "")
        if asked == "pool":
            parts.append(column + " IS NULL")
        elif asked:
            parts.append(column + " = %s")
            params.append(int(asked) if asked.isdecimal() and len(asked) < 19 else 0)
    return " AND ".join(parts), params
