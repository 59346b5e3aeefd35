"""Conversions (成果): what counts as a result, defined once and used by goals, KPIs and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabiji.core import clock, postgres
from tabiji.purpose import matching, reading
from tabiji.purpose.contracts import ConversionInfo, Counted, Period
from tabiji.purpose.matching import AnyMatch, BadMatch, ChangeMatch, EventMatch
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "conversion"
ANYTHING_ELSE: Final = "*"
"""In `undone_by`: any change of the same thing that does not fit, such as a deal opened again."""
_COLUMNS: Final = "r.definition_id, r.key, d.name, r.rule, r.worth, r.once, r.undone_by, d.state, d.responsible_id, d.review_on"
_FROM: Final = " FROM conversion_rule r JOIN definition d ON d.id = r.definition_id"


class NoSuchConversion(LookupError):
    """No conversion of this key or id in this workspace."""


class Worth(BaseModel):
    """What one is worth: a fixed amount, the change's own number (yen of a deal), or a property."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["fixed", "number", "property"] = "fixed"
    amount: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    property: Annotated[str, Field(max_length=100)] = ""


def create(
    key: str,
    *,
    name: str,
    rule: dict[str, Any],
    actor: Actor,
    worth: dict[str, Any] | None = None,
    once: bool = False,
    undone_by: Sequence[str] = (),
    why: str = "",
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: date | None = None,
) -> int:
    """Define a conversion; it counts from now on. `recording.backfill` counts the past.

    key: what goals and KPIs name it by; once: at most one a person; undone_by: new values of the
    counted change that take it back (`*`: any other). Raises BadMatch; psycopg.errors.UniqueViolation for a key in use.
    """
    checked, valued = _checked(rule, worth, undone_by)
    made = definitions.create(
        KIND,
        name=name,
        actor=actor,
        why=why,
        kpi_id=kpi_id,
        responsible_id=responsible_id,
        review_on=review_on,
        state="running",
    )
    postgres.execute(
        "INSERT INTO conversion_rule (definition_id, workspace_id, key, rule, worth, once, undone_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [made, postgres.workspace_id(), key, Jsonb(checked), Jsonb(valued), once, list(undone_by)],
    )
    return made


def change(
    conversion_id: int,
    *,
    rule: dict[str, Any],
    actor: Actor,
    worth: dict[str, Any] | None = None,
    undone_by: Sequence[str] = (),
) -> None:
    """Count by another rule from now on; what was counted stays counted. Raises BadMatch, NoSuchConversion."""
    checked, valued = _checked(rule, worth, undone_by)
    changed = postgres.execute(
        "UPDATE conversion_rule SET rule = %s, worth = %s, undone_by = %s WHERE definition_id = %s",
        [Jsonb(checked), Jsonb(valued), list(undone_by), conversion_id],
    )
    if not changed:
        raise NoSuchConversion(f"there is no conversion {conversion_id} here")
    audit.record(actor, "change", KIND, conversion_id, values={"rule": checked, "worth": valued})


def find(key: str) -> ConversionInfo | None:
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE r.key = %s", [key])
    return _info(rows[0]) if rows else None


def get(key: str) -> ConversionInfo:
    """Raises NoSuchConversion."""
    found = find(key)
    if found is None:
        raise NoSuchConversion(f"there is no conversion {key!r} here")
    return found


def list_all() -> list[ConversionInfo]:
    """Those that count, in the order in which they were defined."""
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY d.id")
    return [_info(row) for row in rows]


def counted(key: str, period: Period) -> list[Counted]:
    """Exactly the conversions of this key in the period, oldest first."""
    return counted_of([key], period)


def counted_of(keys: Iterable[str], period: Period) -> list[Counted]:
    """Exactly the conversions of these keys in the period, oldest first."""
    found = reading.named("purpose", "counted", reading.within(period), keys=sorted(set(keys)))
    rows = [
        Counted(key, cause, who, clock.from_ms(at), value, line, initiative)
        for key, cause, who, at, value, line, initiative in found
    ]
    return sorted(rows, key=lambda one: (one.at, one.key, one.cause))


def _checked(
    rule: dict[str, Any], worth: dict[str, Any] | None, undone_by: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    parsed = matching.parse(rule)
    try:
        valued = Worth.model_validate(worth or {})
    except ValidationError as error:
        raise BadMatch("worth", error.errors()[0]["msg"]) from None
    if undone_by and not any(_is_thing(one) for one in matching.alternatives(parsed)):
        raise BadMatch(
            "undone_by", _("Only a change of a deal, an appointment or the like can be taken back.")
        )
    return parsed.model_dump(mode="json"), valued.model_dump(mode="json")


def _is_thing(match: EventMatch | ChangeMatch | AnyMatch) -> bool:
    return isinstance(match, ChangeMatch) and match.change in matching.OWN_REFS


def _info(row: Sequence[Any]) -> ConversionInfo:
    values = list(row)
    values[6] = tuple(values[6])
    return ConversionInfo(*values)
