"""Fields of people: what there is, and how values are set: later wins, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.people import companies, naming
from tabiji.people.contracts import FieldInfo, FieldUpdate
from tabiji.workspaces.contracts import AUTOMATIC, Actor
from tabiji.workspaces.public import audit

TEXT_COLUMNS: Final = (
    "last_name",
    "first_name",
    "last_kana",
    "first_kana",
    "email",
    "phone",
    "department",
    "title",
    "source",
)
_LIMITS: Final = {"email": 254, "phone": 20}
_SEARCHED: Final = {"last_name", "first_name", "last_kana", "first_kana", "email", "phone", "company"}
STANDARD: Final = (*TEXT_COLUMNS, "company", "owner_id")
TYPES: Final = ("text", "number", "date", "choice", "yes_no", "money")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class UnknownField(LookupError):
    """No field of this name exists; nothing was changed."""


class NoSuchField(LookupError):
    """No field of the workspace's own has this key."""


class BadValue(ValueError):
    """A value that the field cannot hold: (field, what was wrong)."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def list_fields() -> list[FieldInfo]:
    """Standard fields, then the workspace's own in their order."""
    custom = postgres.rows(
        "SELECT key, label, type, choices, unit FROM person_field WHERE archived_at IS NULL ORDER BY position, id"
    )
    return _standard() + [
        FieldInfo(key, label, kind, tuple(choices), unit, is_custom=True)
        for key, label, kind, choices, unit in custom
    ]


def get(key: str) -> FieldInfo:
    """One of the workspace's own fields. Raises NoSuchField."""
    for field in list_fields():
        if field.is_custom and field.key == key:
            return field
    raise NoSuchField(f"there is no field {key!r} of your own here")


def create(
    key: str,
    *,
    label: str,
    type: str,
    choices: Sequence[dict[str, str]] = (),
    unit: str = "",
    actor: Actor = AUTOMATIC,
) -> None:
    """Add a custom field. type: text, number, date, choice, yes_no or money. Audited. Raises BadValue.

    A key is taken for ever, also by a field that was put away: its values may still stand on people.
    """
    if type not in TYPES:
        raise BadValue("type", f"a field cannot be of type {type!r}")
    if not _KEY.fullmatch(key) or key in _TAKEN:
        raise BadValue("key", _("takes small letters a to z, digits and _, and begins with a letter"))
    if postgres.find_row("SELECT 1 FROM person_field WHERE key = %s", [key]):
        raise BadValue("key", _("is in use by another field, perhaps by one that was put away"))
    postgres.execute(
        "INSERT INTO person_field (workspace_id, key, label, type, choices, unit, position)"
        " SELECT %s, %s, %s, %s, %s, %s, count(*) FROM person_field",
        [postgres.workspace_id(), key, label, type, json.dumps(list(choices)), unit],
    )
    audit.record(actor, "create", "field", key, values={"label": label, "type": type})


def change(
    key: str, *, label: str, choices: Sequence[dict[str, str]] = (), unit: str = "", actor: Actor
) -> None:
    """Give a custom field another label, other choices, another unit; its type stays. Audited.

    Raises NoSuchField; BadValue for a choice that people have and that would be gone.
    """
    field = get(key)
    kept = {choice["value"] for choice in choices}
    lost = [value for value in _values_in_use(key) if field.type == "choice" and value not in kept]
    if lost:
        said = {choice["value"]: choice.get("label", choice["value"]) for choice in field.choices}
        names = ", ".join(said.get(value, value) for value in lost)
        raise BadValue("choices", _("“%(choices)s” stands on people: it cannot go") % {"choices": names})
    postgres.execute(
        "UPDATE person_field SET label = %s, choices = %s, unit = %s WHERE key = %s",
        [label, json.dumps(list(choices)), unit, key],
    )
    audit.record(actor, "change", "field", key, values={"label": label, "choices": list(choices)})


def archive(key: str, *, actor: Actor) -> None:
    """Put a custom field away: it is offered nowhere any more, its values stay. Audited. Raises NoSuchField.

    The caller makes sure that nothing asks for it: a condition on a field that is gone raises.
    """
    get(key)
    postgres.execute("UPDATE person_field SET archived_at = now() WHERE key = %s", [key])
    audit.record(actor, "archive", "field", key)


def bring_back(key: str, *, actor: Actor) -> None:
    """Undo `archive`. Audited. Raises NoSuchField."""
    brought = postgres.execute(
        "UPDATE person_field SET archived_at = NULL WHERE key = %s AND archived_at IS NOT NULL", [key]
    )
    if not brought:
        raise NoSuchField(f"no field {key!r} was put away here")
    audit.record(actor, "restore", "field", key)


def list_archived() -> list[FieldInfo]:
    """Custom fields that were put away."""
    rows = postgres.rows(
        "SELECT key, label, type, choices, unit FROM person_field WHERE archived_at IS NOT NULL ORDER BY id"
    )
    return [FieldInfo(row[0], row[1], row[2], tuple(row[3]), row[4], is_custom=True) for row in rows]


def count_filled() -> dict[str, int]:
    """On how many people each custom field has a value; a field without any is left out."""
    return dict(
        postgres.rows(
            "SELECT key, count(*) FROM person p, jsonb_object_keys(p.fields) AS key"
            " WHERE p.merged_into IS NULL GROUP BY key"
        )
    )


def people_with(key: str) -> list[UUID]:
    """Exactly the people whom `count_filled` counts, newest first."""
    rows = postgres.rows(
        "SELECT id FROM person WHERE merged_into IS NULL AND jsonb_exists(fields, %s)"
        " ORDER BY created_at DESC, id DESC",
        [key],
    )
    return [row[0] for row in rows]


def write(
    updates: Iterable[FieldUpdate], *, actor: str, cause: str = "", hops: int = 0, initiative_id: int = 0
) -> list[Change]:
    """Set values and record the facts, in the caller's transaction. Raises UnknownField, BadValue."""
    changes = apply(updates, actor=actor, cause=cause, hops=hops, initiative_id=initiative_id)
    facts.record(changes)
    return changes


def apply(
    updates: Iterable[FieldUpdate], *, actor: str, cause: str = "", hops: int = 0, initiative_id: int = 0
) -> list[Change]:
    """Set values in three statements, whatever the number of people; returns what really changed.

    A value loses against one with a later (occurred_ms, sequence). People are locked in order of
    id. Raises UnknownField for a field that does not exist, BadValue for a value that it cannot hold.
    """
    wanted = sorted(updates, key=lambda update: (update.person_id, update.occurred_ms, update.sequence))
    if not wanted:
        return []
    known = {field.key: field for field in list_fields()}
    cleaned = [update._replace(value=clean(known, update.field, update.value)) for update in wanted]
    company_ids = companies.ensure(
        {
            u.value: datetime.fromtimestamp(u.occurred_ms / 1000).astimezone()
            for u in cleaned
            if u.field == "company" and u.value
        }
    )
    people = {
        row["id"]: row
        for row in postgres.records(
            sql.named("people", "lock_people"), [list({u.person_id for u in cleaned})]
        )
    }
    changes: list[Change] = []
    touched: dict[UUID, dict[str, Any]] = {}
    for update in cleaned:
        person = people.get(update.person_id)
        if person is None or not _is_later(person, update):
            continue
        old = _value_of(person, update.field)
        person["field_clock"][update.field] = [update.occurred_ms, update.sequence]
        touched[update.person_id] = person
        if old == update.value:
            continue
        _set(person, update, company_ids)
        changes.append(
            Change(
                update.person_id,
                "field",
                update.field,
                as_text(old),
                as_text(update.value),
                float(update.value) if isinstance(update.value, int | float) else 0.0,
                update.occurred_ms,
                actor,
                cause,
                initiative_id,
                hops,
            )
        )
    _save(list(touched.values()))
    return changes


def clean(known: dict[str, FieldInfo], field: str, value: Any) -> Any:
    """The value in the form in which it is stored; None empties. Raises UnknownField, BadValue."""
    info = known.get(field)
    if info is None:
        raise UnknownField(f"people have no field {field!r}")
    if value is None or value == "":
        return None if info.is_custom or field == "owner_id" else ""
    match info.type:
        case "number" | "money":
            return _number(field, value)
        case "date":
            return _date(field, value)
        case "yes_no":
            return _yes_no(field, value)
        case "choice":
            return _choice(info, value)
        case _:
            return _text(field, value)


def as_text(value: Any) -> str:
    """A value as facts carry it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def search_columns(person: dict[str, Any]) -> tuple[str, list[str]]:
    """(search_text, search) of a person's row."""
    forms = [
        naming.search_form(person["last_name"] + person["first_name"]),
        naming.search_form(person["last_kana"] + person["first_kana"]),
        naming.search_form(person["email"]),
        naming.search_form(person["phone"].replace("+81", "0")),
        naming.search_form(person.get("company") or ""),
    ]
    kept = [form for form in forms if form]
    return "\n".join(kept), naming.search_grams(kept)


def _standard() -> list[FieldInfo]:
    return [
        FieldInfo("last_name", _("Family name"), "text"),
        FieldInfo("first_name", _("Given name"), "text"),
        FieldInfo("last_kana", _("Family name (kana)"), "text"),
        FieldInfo("first_kana", _("Given name (kana)"), "text"),
        FieldInfo("email", _("E-mail"), "text"),
        FieldInfo("phone", _("Phone"), "text"),
        FieldInfo("company", _("Company"), "text"),
        FieldInfo("department", _("Department"), "text"),
        FieldInfo("title", _("Job title"), "text"),
        FieldInfo("source", _("Source"), "text"),
        FieldInfo("owner_id", _("Owner"), "number"),
    ]


def _values_in_use(key: str) -> list[str]:
    rows = postgres.rows(
        "SELECT DISTINCT fields->>%s FROM person WHERE merged_into IS NULL AND jsonb_exists(fields, %s)",
        [key, key],
    )
    return [row[0] for row in rows if row[0] is not None]


def _is_later(person: dict[str, Any], update: FieldUpdate) -> bool:
    standing = person["field_clock"].get(update.field)
    return standing is None or (update.occurred_ms, update.sequence) >= tuple(standing)


def _value_of(person: dict[str, Any], field: str) -> Any:
    if field in STANDARD:
        return person[field] if field == "owner_id" else person[field] or ""
    return person["fields"].get(field)


def _set(person: dict[str, Any], update: FieldUpdate, company_ids: dict[str, int]) -> None:
    if update.field == "company":
        person["company"] = update.value
        person["company_id"] = company_ids.get(update.value)
    elif update.field in STANDARD:
        person[update.field] = update.value
    elif update.value is None:
        person["fields"].pop(update.field, None)
    else:
        person["fields"][update.field] = update.value


def _save(people: list[dict[str, Any]]) -> None:
    if not people:
        return
    for person in people:
        person["search_text"], person["search"] = search_columns(person)
    columns: dict[str, Any] = {name: [person[name] for person in people] for name in ("id", *TEXT_COLUMNS)}
    columns["company_id"] = [person["company_id"] for person in people]
    columns["owner_id"] = [person["owner_id"] for person in people]
    columns["fields"] = [json.dumps(person["fields"], ensure_ascii=False) for person in people]
    columns["field_clock"] = [json.dumps(person["field_clock"]) for person in people]
    columns["search_text"] = [person["search_text"] for person in people]
    columns["search"] = ["\x1f".join(person["search"]) for person in people]
    postgres.execute(sql.named("people", "save_people"), columns)


def _text(field: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise BadValue(field, _("is not a text"))
    text = str(value).replace("\x00", "").strip()
    if field == "email":
        key = naming.email_key(text)
        if not key:
            raise BadValue(field, _("is not an e-mail address"))
        return key
    if field == "phone":
        key = naming.phone_key(text)
        if not key:
            raise BadValue(field, _("is not a phone number"))
        return key
    limit = 200 if field == "company" else _LIMITS.get(field, 100 if field in STANDARD else 2_000)
    return text[:limit]


def _number(field: str, value: Any) -> float | int:
    if isinstance(value, bool):
        raise BadValue(field, _("is not a number"))
    try:
        number = float(str(value).replace(",", "").replace("¥", "").strip())
    except ValueError:
        raise BadValue(field, _("is not a number")) from None
    if number != number or abs(number) > 1e15:
        raise BadValue(field, _("is not a number"))
    return int(number) if number == int(number) else number


def _date(field: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip().replace("/", "-").split("T")[0].split(" ")[0]
    parts = text.split("-")
    try:
        return date(*(int(part) for part in parts)).isoformat()
    except (ValueError, TypeError):
        raise BadValue(field, _("is not a date")) from None


def _yes_no(field: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "はい", "○", "有"):
        return True
    if text in ("0", "false", "no", "いいえ", "×", "無"):
        return False
    raise BadValue(field, _("is neither yes nor no"))


def _choice(info: FieldInfo, value: Any) -> str:
    text = str(value).strip()
    for choice in info.choices:
        if text in (choice["value"], choice.get("label", ""), choice.get("label_en", "")):
            return choice["value"]
    raise BadValue(info.key, _("is not one of the choices"))


_TAKEN: Final = frozenset(
    {*STANDARD, "id", "name", "kana", "fields", "stage", "score", "created_at", "last_act_at"}
)
