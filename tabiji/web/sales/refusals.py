"""What a room refuses, said where the person who asked can mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django import forms
from django.contrib import messages as notes
from django.db import transaction

from tabiji.sales.public import appointments, calls, deals, hand_overs, stopping, tasks
from tabiji.web.shell.requests import WorkspaceRequest

T = TypeVar("T")
_BAD: Final = (
    appointments.BadAppointment,
    calls.BadCall,
    deals.BadDeal,
    hand_overs.BadReturn,
    stopping.BadStop,
    tasks.BadTask,
)
_TOLD: Final = (
    appointments.ChangedMeanwhile,
    deals.ChangedMeanwhile,
    hand_overs.NotYours,
    hand_overs.SettledMeanwhile,
)
_PLACES: Final = {"seconds": "minutes", "appointment": "starts_at", "owner_id": "owner"}
"""Where a room's word for a field is another than the form's."""


def at_field(form: forms.Form, act: Callable[[], T], names: dict[str, str] | None = None) -> T | None:
    """Do it whole or not at all; a refusal stands at the field that it is about, and the answer is None."""
    try:
        with transaction.atomic():
            return act()
    except _BAD as refused:
        name = {**_PLACES, **(names or {})}.get(refused.field, refused.field)
        form.add_error(name if name in form.fields else None, refused.why)
    except _TOLD as refused:
        form.add_error(None, str(refused))
    return None


def as_note(request: WorkspaceRequest, act: Callable[[], T]) -> T | None:
    """The same for what has no form: a refusal is a note on the next page."""
    try:
        with transaction.atomic():
            return act()
    except (*_BAD, *_TOLD) as refused:
        notes.error(request, str(getattr(refused, "why", "") or refused))
    return None


def version_of(request: WorkspaceRequest) -> Any:
    """Which version the colleague looked at; None where the page did not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else None
