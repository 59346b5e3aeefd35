"""Initiatives (施策): one object for why, from where to where, what belongs to it, and what was learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.core import postgres
from tabiji.purpose.contracts import InitiativeInfo, Verdict
from tabiji.workspaces.contracts import Actor, DefinitionInfo
from tabiji.workspaces.public import audit, definitions

KIND: Final = "initiative"
_COLUMNS: Final = (
    "i.definition_id, d.name, d.why, i.from_state, i.to_state, d.kpi_id, coalesce(k.conversion, ''),"
    " d.responsible_id, d.review_on, d.state, i.period_id, i.branch, i.verdict, i.learning, i.judged_at,"
    " i.judged_by_id, d.created_at,"
    " ARRAY(SELECT m.definition_id FROM initiative_member m WHERE m.initiative_id = i.definition_id ORDER BY 1)"
)
_FROM: Final = " FROM initiative i JOIN definition d ON d.id = i.definition_id LEFT JOIN kpi k ON k.definition_id = d.kpi_id"
_CHANGES: Final = {
    "from_state": "UPDATE initiative SET from_state = %s WHERE definition_id = %s",
    "to_state": "UPDATE initiative SET to_state = %s WHERE definition_id = %s",
    "period_id": "UPDATE initiative SET period_id = %s WHERE definition_id = %s",
    "branch": "UPDATE initiative SET branch = %s WHERE definition_id = %s",
}


class NoSuchInitiative(LookupError):
    """No initiative of this id in this workspace."""


class NothingLearnt(ValueError):
    """A verdict without a word about why: nobody would learn from it."""


def create(
    name: str,
    *,
    why: str,
    actor: Actor,
    from_state: str = "",
    to_state: str = "",
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: date | None = None,
    period_id: int | None = None,
    branch: str = "",
    state: str = "running",
) -> int:
    """A new initiative; its id is what facts carry as `initiative_id`.

    branch: the step that divides its report, `journey/node`; empty for the first one found.
    """
    made = definitions.create(
        KIND,
        name=name,
        actor=actor,
        why=why,
        kpi_id=kpi_id,
        responsible_id=responsible_id,
        review_on=review_on,
        state=state,
    )
    postgres.execute(
        "INSERT INTO initiative (definition_id, workspace_id, from_state, to_state, period_id, branch, verdict,"
        " learning) VALUES (%s, %s, %s, %s, %s, %s, '', '')",
        [made, postgres.workspace_id(), from_state, to_state, period_id, branch],
    )
    return made


def update(initiative_id: int, *, actor: Actor, **values: Any) -> None:
    """Change from_state, to_state, period_id, branch, or any field of the header; audited.

    Raises NoSuchInitiative, KeyError for an unknown field.
    """
    get(initiative_id)
    own = {name: value for name, value in values.items() if name in _CHANGES}
    for name, value in own.items():
        postgres.execute(_CHANGES[name], [value, initiative_id])
    if own:
        audit.record(actor, "change", KIND, initiative_id, values=own)
    rest = {name: value for name, value in values.items() if name not in own}
    if rest:
        definitions.update(initiative_id, actor=actor, **rest)


def judge(initiative_id: int, verdict: Verdict, learning: str, *, actor: Actor, at: datetime) -> None:
    """採用 or 棄却, with what was learnt; an empty verdict takes it back.

    Raises NothingLearnt, NoSuchInitiative.
    """
    if verdict and not learning.strip():
        raise NothingLearnt(_("Say in a sentence what was learnt, so that nobody has to try it again."))
    judged = postgres.execute(
        "UPDATE initiative SET verdict = %s, learning = %s, judged_at = %s, judged_by_id = %s"
        " WHERE definition_id = %s",
        [
            verdict,
            learning.strip(),
            at if verdict else None,
            (actor.user_id or None) if verdict else None,
            initiative_id,
        ],
    )
    if not judged:
        raise NoSuchInitiative(f"there is no initiative {initiative_id} here")
    audit.record(actor, "judge", KIND, initiative_id, values={"verdict": verdict, "learning": learning})


def add_members(initiative_id: int, definition_ids: Iterable[int], *, actor: Actor) -> None:
    """These definitions work for this initiative from now on (and for no other)."""
    get(initiative_id)
    wanted = sorted(set(definition_ids))
    postgres.execute(
        "INSERT INTO initiative_member (definition_id, workspace_id, initiative_id)"
        " SELECT d.id, %s, %s FROM definition d WHERE d.id = ANY(%s)"
        " ON CONFLICT (definition_id) DO UPDATE SET initiative_id = excluded.initiative_id",
        [postgres.workspace_id(), initiative_id, wanted],
    )
    audit.record(actor, "add_members", KIND, initiative_id, values={"members": wanted})


def remove_member(initiative_id: int, definition_id: int, *, actor: Actor) -> bool:
    """This definition works for the initiative no more; whether it did."""
    removed = postgres.execute(
        "DELETE FROM initiative_member WHERE initiative_id = %s AND definition_id = %s",
        [initiative_id, definition_id],
    )
    if removed:
        audit.record(actor, "remove_member", KIND, initiative_id, values={"member": definition_id})
    return bool(removed)


def members(initiative_id: int) -> list[DefinitionInfo]:
    """What belongs to it: journeys, forms, mails, tests …"""
    found = definitions.get_many(get(initiative_id).members)
    return [found[one] for one in sorted(found)]


def of_definitions(definition_ids: Iterable[int]) -> dict[int, int]:
    """The initiative of each of these definitions; those without one are left out."""
    return dict(
        postgres.rows(
            "SELECT definition_id, initiative_id FROM initiative_member WHERE definition_id = ANY(%s)",
            [list(definition_ids)],
        )
    )


def get(initiative_id: int) -> InitiativeInfo:
    """Raises NoSuchInitiative."""
    found = get_many([initiative_id])
    if not found:
        raise NoSuchInitiative(f"there is no initiative {initiative_id} here")
    return found[initiative_id]


def get_many(initiative_ids: Iterable[int]) -> dict[int, InitiativeInfo]:
    rows = postgres.rows(
        "SELECT " + _COLUMNS + _FROM + " WHERE i.definition_id = ANY(%s)", [list(initiative_ids)]
    )
    return {row[0]: _info(row) for row in rows}


def list_all() -> list[InitiativeInfo]:
    """Newest first, archived ones left out."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY i.definition_id DESC"
    )
    return [_info(row) for row in rows]


def _info(row: Sequence[Any]) -> InitiativeInfo:
    values = list(row)
    values[-1] = tuple(values[-1])
    return InitiativeInfo(*values)
