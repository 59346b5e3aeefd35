"""What events of a name should look like: what a colleague wrote of it, and a rule that warns or refuses.

A rule holds for what comes from outside. What our own inlets say (`TRUSTED`) is stored as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tabiji.core import postgres, sql
from tabiji.events import values
from tabiji.events.contracts import Reason
from tabiji.events.normalising import TRUSTED, Normal, Refused
from tabiji.events.values import Kind
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit

MAX_PROPERTIES: Final = 50
MAX_SCHEMAS: Final = 10_000
MAX_NAME: Final = 200
_COLUMNS: Final = "name, description, is_allowed, blocks, properties"


class BadSchema(ValueError):
    """A rule that cannot be kept: (which part, why)."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """name: `price`, or `plan.name` within a group; kind: None for any."""

    name: str
    kind: Kind | None = None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """blocks: what breaks the rule is refused; else it is stored and counted as a warning."""

    name: str
    description: str = ""
    is_allowed: bool = True
    blocks: bool = False
    properties: tuple[PropertyRule, ...] = ()

    @property
    def has_rule(self) -> bool:
        return not self.is_allowed or bool(self.properties)


@dataclass(frozen=True, slots=True)
class Break:
    """One thing in which an event differs from its rule. found: what kind of value stood there."""

    reason: Reason
    property: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """How often events of a name differed in one thing, in the days asked for."""

    reason: str
    property: str
    count: int
    last_at: datetime
    """Database clock."""


def get(name: str) -> Schema:
    """What was said of this name; a schema without a rule where nothing was."""
    return get_many([name]).get(name, Schema(name))


def get_many(names: Collection[str]) -> dict[str, Schema]:
    found = postgres.rows(
        "SELECT " + _COLUMNS + " FROM event_schema WHERE name = ANY(%s::text[])", [list(names)]
    )
    return {row[0]: _schema(row) for row in found}


def list_names() -> list[str]:
    """Names of which something was said, whether or not one ever arrived."""
    return [row[0] for row in postgres.rows("SELECT name FROM event_schema ORDER BY name")]


def save(schema: Schema, *, actor: Actor) -> None:
    """Let this rule hold for what is decided from now on. Audited. Raises BadSchema."""
    checked = _checked(schema)
    if get(checked.name) == checked:
        return
    properties = [[one.name, one.kind or "", one.is_required] for one in checked.properties]
    said = {
        "description": checked.description,
        "is_allowed": checked.is_allowed,
        "blocks": checked.blocks,
        "properties": properties,
    }
    postgres.execute(
        sql.named("events", "save_schema"),
        {
            **said,
            "workspace": postgres.workspace_id(),
            "name": checked.name,
            "properties": postgres.json(properties),
        },
    )
    audit.record(actor, "change", "event_schema", checked.name, values=said)


def rules() -> dict[str, Schema]:
    """The rules of the scope's workspace by name: one look for a whole batch, mostly empty."""
    found = postgres.rows(
        "SELECT " + _COLUMNS + " FROM event_schema WHERE NOT is_allowed OR properties <> '[]'"
    )
    return {row[0]: _schema(row) for row in found}


def refuse(rules: Mapping[str, Schema], event: Normal) -> None:
    """Raises Refused for an event whose rule blocks what is wrong with it."""
    schema = rules.get(event.name)
    if schema is None or not schema.blocks or event.source in TRUSTED:
        return
    for one in _breaks(schema, event.props):
        raise Refused(one.reason, f"{one.property}: {one.found}" if one.found else one.property)


def warn(rules: Mapping[str, Schema], events: Sequence[Normal]) -> None:
    """Count in what the stored events differ from rules that do not block, one statement a batch."""
    counted: dict[tuple[str, str, str], int] = defaultdict(int)
    for event in events:
        schema = rules.get(event.name)
        if schema is None or schema.blocks or event.source in TRUSTED:
            continue
        for one in _breaks(schema, event.props):
            counted[event.name, one.reason.value, one.property] += 1
    if not counted:
        return
    keys = sorted(counted)
    postgres.execute(
        sql.named("events", "count_warnings"),
        {
            "workspace": postgres.workspace_id(),
            "names": [name for name, _reason, _property in keys],
            "reasons": [reason for _name, reason, _property in keys],
            "properties": [prop for _name, _reason, prop in keys],
            "counts": [counted[key] for key in keys],
        },
    )


def warnings_of(name: str, *, days: int = 30) -> list[Warned]:
    """The most frequent first."""
    found = postgres.rows(
        "SELECT reason, property, sum(count)::bigint, max(last_at) FROM event_warning"
        " WHERE name = %s AND day > current_date - %s::integer GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        [name, days],
    )
    return [Warned(*row) for row in found]


def count_warnings(names: Collection[str], *, days: int = 30) -> dict[str, int]:
    return dict(
        postgres.rows(
            "SELECT name, sum(count)::bigint FROM event_warning"
            " WHERE name = ANY(%s::text[]) AND day > current_date - %s::integer GROUP BY name",
            [list(names), days],
        )
    )


def _breaks(schema: Schema, props: dict[str, Any]) -> Iterator[Break]:
    if not schema.is_allowed:
        yield Break(Reason.NAME_NOT_ALLOWED)
        return
    for rule in schema.properties:
        value = values.at(props, rule.name)
        if value is None:
            if rule.is_required:
                yield Break(Reason.PROPERTY_MISSING, rule.name)
        elif rule.kind is not None and not values.fits(value, rule.kind):
            found = values.kind_of(value)
            yield Break(Reason.PROPERTY_TYPE, rule.name, found.value if found else "")


def _checked(schema: Schema) -> Schema:
    name = schema.name.strip()
    if not name or len(name) > MAX_NAME or "\x00" in name:
        raise BadSchema("name", "no event has such a name")
    if len(schema.description) > 1_000:
        raise BadSchema("description", "at most 1,000 characters")
    if len(schema.properties) > MAX_PROPERTIES:
        raise BadSchema("properties", f"at most {MAX_PROPERTIES}")
    listed = [one.name for one in schema.properties]
    for one in listed:
        if not one.strip() or len(one) > MAX_NAME or "\x00" in one:
            raise BadSchema("properties", "no property has such a name")
    if len(set(listed)) < len(listed):
        raise BadSchema("properties", "each property once")
    if postgres.scalar("SELECT count(*) FROM event_schema WHERE name <> %s", [name]) >= MAX_SCHEMAS:
        raise BadSchema("name", f"at most {MAX_SCHEMAS} names can be described")
    description = schema.description.replace("\x00", "").strip()
    return Schema(name, description, schema.is_allowed, schema.blocks, schema.properties)


def _schema(row: Sequence[Any]) -> Schema:
    name, description, is_allowed, blocks, properties = row
    read = tuple(PropertyRule(one, Kind(kind) if kind else None, needed) for one, kind, needed in properties)
    return Schema(name, description, is_allowed, blocks, read)
