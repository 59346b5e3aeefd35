"""Merge fields: which there are, and the values of people for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.content import brand
from tabiji.content.contracts import MergeField
from tabiji.people.contracts import FieldInfo, PersonInfo
from tabiji.people.public import fields, persons
from tabiji.workspaces.public import members, workspace

CUSTOM: Final = "person.fields."
_STANDARD: Final = (
    "last_name",
    "first_name",
    "last_kana",
    "first_kana",
    "email",
    "phone",
    "company",
    "department",
    "title",
)


def list_fields() -> list[MergeField]:
    """All merge fields with their labels in the active language: people's own first."""
    known = {info.key: info for info in fields.list_fields()}
    return [
        *(MergeField(f"person.{key}", known[key].label) for key in _STANDARD),
        MergeField("person.name", _("Full name")),
        *(MergeField(CUSTOM + info.key, info.label) for info in known.values() if info.is_custom),
        MergeField("company", _("Company name")),
        MergeField("owner.name", _("Owner's name")),
        MergeField("owner.email", _("Owner's e-mail")),
        MergeField("sender.name", _("Sender's name")),
        MergeField("sender.company", _("Sender's company")),
        MergeField("sender.address", _("Sender's address")),
        MergeField("sender.contact", _("Sender's contact")),
        MergeField("today", _("Today's date")),
    ]


def paths() -> frozenset[str]:
    return frozenset(field.path for field in list_fields())


def contexts(person_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, dict[str, Any]]:
    """Merge values by person: plain dicts, texts, numbers and dates. A handful of queries, whatever the number.

    A value that is missing is an empty text. Choices stand as their labels under `person.fields`.
    now: business time; `today` is its date in the workspace's zone.
    """
    people = persons.get_many(person_ids)
    custom = {info.key: info for info in fields.list_fields() if info.is_custom}
    colleagues = {one.user_id: one for one in members.list_colleagues(also_left=True)}
    shared = {
        "sender": brand.get().sender,
        "today": now.astimezone(workspace.current().zone).date(),
    }
    found: dict[UUID, dict[str, Any]] = {}
    for person in people.values():
        owner = colleagues.get(person.owner_id or 0)
        found[person.id] = {
            "person": _of_person(person, custom),
            "company": person.company,
            "owner": {"name": owner.name if owner else "", "email": owner.email if owner else ""},
            **shared,
        }
    return found


def example(*, now: datetime) -> dict[str, Any]:
    """Values for a reader who stands for everybody: each field says its own name."""
    labels = {field.path: field.label for field in list_fields()}
    own = {key: labels[f"person.{key}"] for key in (*_STANDARD, "name")}
    custom = {info.key: info.label for info in fields.list_fields() if info.is_custom}
    return {
        "person": {**own, "fields": custom},
        "company": labels["company"],
        "owner": {"name": labels["owner.name"], "email": labels["owner.email"]},
        "sender": brand.get().sender,
        "today": now.astimezone(workspace.current().zone).date(),
    }


def _of_person(person: PersonInfo, custom: Mapping[str, FieldInfo]) -> dict[str, Any]:
    values: dict[str, Any] = {key: getattr(person, key) for key in _STANDARD}
    values["name"] = person.name
    values["fields"] = {
        key: _shown(custom[key], value) for key, value in person.fields.items() if key in custom
    }
    return values


def _shown(info: FieldInfo, value: Any) -> Any:
    if info.type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    for choice in info.choices:
        if choice["value"] == value:
            return choice.get("label", value)
    return value
