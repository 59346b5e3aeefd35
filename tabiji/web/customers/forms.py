"""Forms of these pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.people.contracts import FieldInfo
from tabiji.web.shell import on_screen


class NamedList(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def people(self) -> int: ...


class ListForm(forms.Form):
    """A new static list."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    note = forms.CharField(
        label=pgettext_lazy("list", "What it is for"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PutForm(forms.Form):
    """On which static list: one that exists, or a new one."""

    list = forms.TypedChoiceField(label=gettext_lazy("Static list"), coerce=int, required=False)
    name = forms.CharField(label=gettext_lazy("Or a new list, called"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, lists: Sequence[NamedList]) -> None:
        super().__init__(data)
        choices = [("", _("Choose a list") if lists else _("No list yet"))]
        choices += [(str(one.id), f"{one.name} · {on_screen.people(one.people)}") for one in lists]
        self.fields["list"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("list") and not values.get("name") and not self.errors:
            raise forms.ValidationError(_("Choose a list, or give a new one a name."))
        return values


class UnsubscribeForm(forms.Form):
    """A person told a colleague that no more mails are wanted."""

    note = forms.CharField(
        label=pgettext_lazy("consent", "How it was said"),
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Example: on the phone")}),
    )


def field_form(info: FieldInfo, owners: Mapping[int, str], data: Any = None, value: Any = None) -> forms.Form:
    """A form with one field of a person, as its type asks. What it cannot hold is said by people.fields."""
    form = forms.Form(data)
    form.fields["value"] = _input(info, owners)
    form.fields["value"].initial = _initial(info, value)
    form.fields["value"].label = info.label
    return form


def _input(info: FieldInfo, owners: Mapping[int, str]) -> forms.Field:
    none = ("", pgettext_lazy("value", "none"))
    if info.key == "owner_id":
        return forms.ChoiceField(
            required=False, choices=[none, *((str(key), name) for key, name in owners.items())]
        )
    if info.type == "choice":
        choices = [(one["value"], one.get("label", one["value"])) for one in info.choices]
        return forms.ChoiceField(required=False, choices=[none, *choices])
    if info.type == "yes_no":
        yes_no = [("1", pgettext_lazy("value", "yes")), ("0", pgettext_lazy("value", "no"))]
        return forms.ChoiceField(required=False, choices=[none, *yes_no])
    if info.type == "date":
        return forms.CharField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    if info.key == "email":
        return forms.CharField(required=False, max_length=254, widget=forms.EmailInput())
    return forms.CharField(required=False, max_length=2_000)


def _initial(info: FieldInfo, value: Any) -> str:
    if value is None:
        return ""
    if info.type == "yes_no":
        return "1" if value else "0"
    return str(value)
