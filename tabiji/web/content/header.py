"""The header that every definition has: why, who is responsible, when to look again, its state, where it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from tabiji.web.content import words
from tabiji.web.content.used_in import Use, Uses
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import DefinitionInfo
from tabiji.workspaces.public import Permission, definitions, members

PLACES = {"mail": "mails", "page": "pages", "form": "forms"}
"""The first word of URL names, by kind of definition."""

_LISTS: dict[str, Any] = {"mails": _("Mails"), "pages": _("Pages"), "forms": _("Forms")}


@dataclass(frozen=True, slots=True)
class Header:
    """What the templates read of a definition."""

    definition: DefinitionInfo
    place: str
    state: str
    responsible: str
    review: str
    is_late: bool
    uses: list[Use]
    may_edit: bool

    @property
    def id(self) -> int:
        return self.definition.id

    @property
    def edit_name(self) -> str:
        return f"{self.place}-header"

    @property
    def away_name(self) -> str:
        return f"{self.place}-put-away"

    @property
    def detail_name(self) -> str:
        return f"{self.place}-detail"

    @property
    def is_away(self) -> bool:
        return self.definition.state == "archived"

    @property
    def list_label(self) -> str:
        return str(_LISTS[self.place])


class HeaderForm(forms.Form):
    """What people may change of a header."""

    name = forms.CharField(label=pgettext_lazy("definition", "Name"), max_length=200)
    why = forms.CharField(
        label=_("Why"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What it is there for, so that others know when it may go."),
    )
    responsible = forms.TypedChoiceField(label=_("Responsible"), coerce=int, required=False)
    review_on = forms.DateField(
        label=_("Next review"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["responsible"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.user_id, one.name) for one in members.list_colleagues()]


def of(request: WorkspaceRequest, kind: str, definition_id: int, version: int) -> Header:
    """Raises NoSuchDefinition. version: the number of the one that is in use, 0 for none."""
    info = definitions.get(definition_id, kind)
    here = {one.user_id: one.name for one in members.list_colleagues()}
    is_late = info.review_on is not None and info.review_on < timezone.localtime(request.now).date()
    return Header(
        info,
        PLACES[kind],
        words.state(kind, info.state, version),
        here.get(info.responsible_id or 0, ""),
        _review(info.review_on, request, is_late),
        is_late,
        Uses(request).of(kind, definition_id),
        request.actor.may(Permission.EDIT_CONTENT),
    )


def _review(day: date | None, request: WorkspaceRequest, is_late: bool) -> str:
    if day is None:
        return ""
    if not is_late:
        return on_screen.day(day)
    days = (timezone.localtime(request.now).date() - day).days
    said = ngettext("%(day)s (%(days)d day late)", "%(day)s (%(days)d days late)", days)
    return said % {"day": on_screen.day(day), "days": days}
