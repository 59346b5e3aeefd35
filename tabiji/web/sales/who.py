"""People as these pages show them: as far as the colleague may read, looked up once for a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.web.customers import reasons
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission


@dataclass(frozen=True, slots=True)
class Who:
    """One person in a row. tel: what a phone dials, empty where there is none or it may not be read."""

    id: UUID
    name: str
    company: str
    company_id: int | None
    place: str
    """Department and title."""
    phone: str
    tel: str
    email: str
    score: int
    href: str


def of(request: WorkspaceRequest, person: PersonInfo) -> Who:
    may_read = request.actor.may(Permission.SEE_PERSONAL_DATA)
    phone = reasons.phone(person.phone)
    name = person.name or person.email or phone or _("No name yet")
    return Who(
        person.id,
        name if may_read else on_screen.masked(name),
        person.company,
        person.company_id,
        " ".join(part for part in (person.department, person.title) if part),
        phone if may_read else on_screen.masked(phone),
        person.phone if may_read else "",
        person.email if may_read else on_screen.masked(person.email),
        person.score,
        reverse("people-detail", args=[request.workspace.slug, person.id]),
    )


def get(request: WorkspaceRequest, person_id: UUID) -> Who:
    """Raises persons.NoSuchPerson."""
    return of(request, persons.get(person_id))


def many(request: WorkspaceRequest, person_ids: Iterable[UUID | None]) -> dict[UUID, Who]:
    found = persons.get_many({one for one in person_ids if one is not None})
    return {key: of(request, person) for key, person in found.items()}


def asked(request: WorkspaceRequest) -> Who | None:
    """Whom `?person=` names; None where it names nobody. 404 for what is no person here."""
    text = request.GET.get("person", "")
    if not text:
        return None
    try:
        return get(request, UUID(text))
    except ValueError as error:
        raise Http404("this is no person") from error


def choose(request: WorkspaceRequest, title: str, *, without: str = "") -> HttpResponse:
    """The page that asks whom it is about; without: the words of going on with nobody."""
    text = request.GET.get("q", "").strip()[:100]
    found = [of(request, one) for one in persons.search(text, 12)] if text else []
    context = {"title": title, "text": text, "found": found, "without": without}
    return render(request, "sales/choose_person.html", context)


def shown(request: WorkspaceRequest, text: str) -> str:
    """Words of a colleague's that may name somebody: a deal's name, a task's title, a note."""
    return text if request.actor.may(Permission.SEE_PERSONAL_DATA) else on_screen.masked(text)
