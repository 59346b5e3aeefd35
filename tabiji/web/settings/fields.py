"""項目: what is known of a person beside the standard fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.people.contracts import FieldInfo
from tabiji.people.public import fields as person_fields
from tabiji.web.customers import behind
from tabiji.web.settings import field_uses
from tabiji.web.settings.entering import LineField
from tabiji.web.settings.field_uses import Use
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

TYPES: Final[dict[str, Any]] = {
    "text": gettext_lazy("Text"),
    "number": gettext_lazy("Number"),
    "money": gettext_lazy("Amount in yen"),
    "date": pgettext_lazy("field", "Date"),
    "choice": gettext_lazy("Choice"),
    "yes_no": gettext_lazy("Yes or no"),
}
_BLANK_ROWS: Final = 4
_MOST_CHOICES: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A field of one's own. people: how many have it; href: exactly them."""

    info: FieldInfo
    type: str
    people: int
    href: str
    uses: Sequence[Use]


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One choice as it is typed. value: how it is kept, empty for one that is new."""

    number: int
    value: str
    label: str
    label_en: str


class FieldForm(forms.Form):
    label = LineField(label=pgettext_lazy("field", "Name"), max_length=100)
    unit = LineField(
        label=gettext_lazy("Unit"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("Said after a number, for example: people, ㎡"),
    )


class NewFieldForm(FieldForm):
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=list(TYPES.items()),
        help_text=gettext_lazy("Cannot be changed later: values are kept by it."),
    )
    key = LineField(
        label=gettext_lazy("Short name for templates, files and the API"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Small letters, digits and _. Empty: one is chosen. It never changes."),
    )
    field_order = ("label", "type", "unit", "key")


@page(Permission.EDIT_MARKETING_SETTINGS)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Fields of one's own, those put away, and the standard ones."""
    everything = person_fields.list_fields()
    counted = person_fields.count_filled()
    uses = field_uses.Uses(request)
    own = [_line(request, one, counted, uses) for one in everything if one.is_custom]
    context = {
        "own": own,
        "archived": person_fields.list_archived(),
        "standard": [
            (one.label, TYPES.get(one.type, TYPES["text"])) for one in everything if not one.is_custom
        ],
    }
    return render(request, "settings/fields.html", context)


@page(Permission.EDIT_MARKETING_SETTINGS)
def new(request: WorkspaceRequest) -> HttpResponse:
    form = NewFieldForm(request.POST or None, initial={"type": "text"})
    rows = _typed(request.POST)
    if request.method == "POST" and form.is_valid() and _make(request, form, rows):
        flashes.success(request, _("The field is there: forms, imports and conditions offer it."))
        return redirect("fields", request.workspace.slug)
    context = {"form": form, "rows": _with_blanks(rows), "field": None}
    return render(request, "settings/field.html", context, status=422 if form.is_bound else 200)


@page(Permission.EDIT_MARKETING_SETTINGS)
def edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Name, choices and unit; the type stays."""
    found = person_fields.get(key)
    form = FieldForm(request.POST or None, initial={"label": found.label, "unit": found.unit})
    rows = _typed(request.POST) if form.is_bound else _standing(found)
    if request.method == "POST" and form.is_valid() and _change(request, found, form, rows):
        flashes.success(request, _("Saved."))
        return redirect("fields", request.workspace.slug)
    counted = person_fields.count_filled()
    context = {
        "form": form,
        "rows": _with_blanks(rows) if found.type == "choice" else [],
        "field": found,
        "line": _line(request, found, counted, field_uses.Uses(request)),
    }
    return render(request, "settings/field.html", context, status=422 if form.is_bound else 200)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def archive(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Put away, unless something still asks for it."""
    found = person_fields.get(key)
    uses = field_uses.Uses(request).of(key)
    if uses:
        names = _(", ").join(one.label for one in uses)
        flashes.error(request, _("Still in use: %(names)s. Take it out there first.") % {"names": names})
        return redirect("fields-detail", request.workspace.slug, key)
    person_fields.archive(key, actor=request.actor)
    flashes.success(request, _("“%(field)s” is put away. Its values stay.") % {"field": found.label})
    return redirect("fields", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def restore(request: WorkspaceRequest, key: str) -> HttpResponse:
    person_fields.bring_back(key, actor=request.actor)
    flashes.success(request, _("“%(field)s” is offered again.") % {"field": person_fields.get(key).label})
    return redirect("fields", request.workspace.slug)


def _line(
    request: WorkspaceRequest, one: FieldInfo, counted: Mapping[str, int], uses: field_uses.Uses
) -> Line:
    href = behind.address(request, "settings-field", one.key)
    return Line(one, str(TYPES[one.type]), counted.get(one.key, 0), href, uses.of(one.key))


def _make(request: WorkspaceRequest, form: NewFieldForm, rows: Sequence[ChoiceRow]) -> bool:
    said = form.cleaned_data
    choices = _choices(rows) if said["type"] == "choice" else []
    if said["type"] == "choice" and not choices:
        form.add_error("type", _("Give at least one choice below."))
        return False
    key = said["key"].strip() or _free_key(said["label"])
    try:
        person_fields.create(
            key,
            label=said["label"],
            type=said["type"],
            choices=choices,
            unit=said["unit"] if said["type"] == "number" else "",
            actor=request.actor,
        )
    except person_fields.BadValue as error:
        form.add_error("key", _("This short name %(why)s.") % {"why": error.why})
        return False
    return True


def _change(request: WorkspaceRequest, found: FieldInfo, form: FieldForm, rows: Sequence[ChoiceRow]) -> bool:
    choices = _choices(rows) if found.type == "choice" else []
    if found.type == "choice" and not choices:
        form.add_error(None, _("Give at least one choice below."))
        return False
    said = form.cleaned_data
    try:
        person_fields.change(
            found.key, label=said["label"], choices=choices, unit=said["unit"], actor=request.actor
        )
    except person_fields.BadValue as error:
        form.add_error(None, error.why)
        return False
    return True


def _typed(post: Mapping[str, str]) -> list[ChoiceRow]:
    """The rows that were filled in."""
    rows = []
    for number in range(_MOST_CHOICES + _BLANK_ROWS):
        name = f"choice-{number}-"
        label = re.sub(r"[\x00-\x1f\x7f]", " ", post.get(name + "label", "")).strip()[:100]
        english = re.sub(r"[\x00-\x1f\x7f]", " ", post.get(name + "label_en", "")).strip()[:100]
        if label:
            rows.append(ChoiceRow(number, post.get(name + "value", "")[:100], label, english))
    return rows[:_MOST_CHOICES]


def _standing(found: FieldInfo) -> list[ChoiceRow]:
    return [
        ChoiceRow(number, one["value"], one.get("label", one["value"]), one.get("label_en", ""))
        for number, one in enumerate(found.choices)
    ]


def _with_blanks(rows: Sequence[ChoiceRow]) -> list[ChoiceRow]:
    kept = [ChoiceRow(number, one.value, one.label, one.label_en) for number, one in enumerate(rows)]
    return [*kept, *(ChoiceRow(len(kept) + number, "", "", "") for number in range(_BLANK_ROWS))]


def _choices(rows: Sequence[ChoiceRow]) -> list[dict[str, str]]:
    """As they are kept; a new one gets a value that no other has."""
    taken = {one.value for one in rows if one.value}
    choices = []
    for one in rows:
        value = one.value or _free_value(taken)
        taken.add(value)
        english = {"label_en": one.label_en} if one.label_en else {}
        choices.append({"value": value, "label": one.label, **english})
    return choices


def _free_value(taken: set[str]) -> str:
    number = 1
    while f"c{number}" in taken:
        number += 1
    return f"c{number}"


def _free_key(label: str) -> str:
    """From the name where it is plain Latin, else field_1, field_2 …"""
    taken = {one.key for one in (*person_fields.list_fields(), *person_fields.list_archived())}
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") if label.isascii() else ""
    head = plain[:30] if re.match("[a-z]", plain) else "field"
    if head != "field" and head not in taken:
        return head
    number = 1
    while f"{head}_{number}" in taken:
        number += 1
    return f"{head}_{number}"
