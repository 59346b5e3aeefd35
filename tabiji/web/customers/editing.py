"""Changing a person by hand: one field at a time with undo, and an unsubscribe that was told to us."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from tabiji.core import clock
from tabiji.people.contracts import ConsentAct, FieldInfo, FieldUpdate, Identifier, IdentifierKind, PersonInfo
from tabiji.people.public import consent, fields, identity, merging, naming, persons
from tabiji.web.customers import sections
from tabiji.web.customers.forms import UnsubscribeForm, field_form
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, audit, members

_SAME_ADDRESS: Final = "same_mail"


class NoSuchField(LookupError):
    """People have no field of this name."""


@page(Permission.EDIT_PEOPLE)
def field(request: WorkspaceRequest, person_id: UUID, key: str) -> HttpResponse:
    """GET: the row of a field, as a form with `?edit=1`. POST: the new value; the old one can be taken back."""
    person = persons.get(person_id)
    info = next((one for one in fields.list_fields() if one.key == key), None)
    if info is None:
        raise NoSuchField(f"people have no field {key!r}")
    if request.method == "POST":
        return _save(request, person, info)
    if "edit" not in request.GET:
        return _row(request, person, info)
    return render(request, "customers/field_edit.html", _form_context(request, person, info))


@require_POST
@page(Permission.EDIT_PEOPLE)
def unsubscribe(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """Withdraw the consent to mails for a person who said so, with who heard it and how."""
    person = persons.get(person_id)
    form = UnsubscribeForm(request.POST)
    back = reverse("people-detail", args=[request.workspace.slug, person.id]) + "?tab=consent"
    if not form.is_valid():
        notes.error(request, _("Say in a few words how the person told us."))
        return redirect(back)
    evidence = {"note": form.cleaned_data["note"], "by": request.actor.name}
    act = ConsentAct(person.id, "mail", "withdraw", "request", request.now, "person", evidence)
    consent.record([act], actor=request.actor.label)
    notes.success(request, _("No marketing mail will be sent to this person any more."))
    return redirect(back)


def _save(request: WorkspaceRequest, person: PersonInfo, info: FieldInfo) -> HttpResponse:
    before = sections.field_row(request, person, info)
    value = request.POST.get("value", "")
    error = _write(request, person, info, value)
    if error:
        context = _form_context(request, person, info, error)
        return render(request, "customers/field_edit.html", context, status=422)
    if not is_fragment(request):
        return redirect(reverse("people-detail", args=[request.workspace.slug, person.id]) + "?tab=fields")
    after = persons.get(person.id)
    changed = sections.field_row(request, after, info).value != before.value
    old = "" if before.value is None else fields.as_text(before.value)
    undo = {"value": old} if changed and "undo" not in request.POST else None
    return _row(request, after, info, undo)


def _write(request: WorkspaceRequest, person: PersonInfo, info: FieldInfo, value: str) -> str:
    """Set the value; empty, or why it cannot be. A mail address also becomes the person's own identifier."""
    if info.key == "owner_id" and value and value not in map(str, members.names()):
        return _("This colleague does not work here.")
    if info.key == "email" and value:
        refused = _claim(request, person, value)
        if refused:
            return refused
    update = FieldUpdate(person.id, info.key, value, clock.to_ms(request.now))
    try:
        fields.write([update], actor=request.actor.label)
    except fields.BadValue as error:
        return _said(info, error.why)
    audit.record(request.actor, "change", "person", person.id, values={info.key: value})
    return ""


def _claim(request: WorkspaceRequest, person: PersonInfo, address: str) -> str:
    """An address belongs to one person; whoever has it already is suggested as a duplicate."""
    identifier = Identifier(IdentifierKind.EMAIL, naming.email_key(address))
    if identifier.value and identity.claim({identifier: person.id}, request.now):
        owner = identity.find([identifier]).get(identifier)
        if owner is not None and owner != person.id:
            merging.suggest([(person.id, owner)], reason=_SAME_ADDRESS, at=request.now)
            return _("Another person has this address. The pair now stands among the merge candidates.")
    return ""


def _said(info: FieldInfo, why: str) -> str:
    return pgettext("field error", "%(field)s %(why)s") % {"field": info.label, "why": why}


def _row(
    request: WorkspaceRequest, person: PersonInfo, info: FieldInfo, undo: dict[str, str] | None = None
) -> HttpResponse:
    row = sections.field_row(request, person, info)
    return render(request, "customers/field_row.html", {"person": person, "row": row, "undo": undo})


def _form_context(
    request: WorkspaceRequest, person: PersonInfo, info: FieldInfo, error: str = ""
) -> dict[str, Any]:
    row = sections.field_row(request, person, info)
    form = field_form(info, members.names(), request.POST or None, row.value)
    return {"person": person, "row": row, "field": form["value"], "error": error}
