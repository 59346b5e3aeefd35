"""One person before an audience, and two audiences side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from tabiji.audiences.public import asking, audience, conditions
from tabiji.people.public import persons
from tabiji.web.audiences import numbers
from tabiji.web.audiences.one import outline
from tabiji.web.customers import people
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_FOUND = 8


@page(Permission.SEE_PERSONAL_DATA)
def why(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Why a person is in it or not (`?person=…`), or people of whom to ask (`?q=…`): a fragment.

    Only for whoever sees personal data: line by line the answer says what is masked for others.
    """
    found = audience.get(audience_id)
    asked = request.GET.get("person", "")
    if not asked:
        return render(request, "audiences/why_people.html", {"audience": found, **_searched(request)})
    person = persons.get(_uuid(asked))
    name = people.cells_of(request).shown_name(person)
    context: dict[str, Any] = {"audience": found, "person": person, "name": name}
    try:
        verdict = asking.explain(found.condition, person.id, now=request.now)
    except (asking.CountingRests, conditions.BadCondition):
        return render(request, "audiences/why.html", {**context, "rests": True})
    context |= {"verdict": verdict, "lines": outline(found.condition, holds=verdict.lines)}
    return render(request, "audiences/why.html", context)


@page(Permission.SEE_AUDIENCES)
def overlap(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """How many are in both, and in only one: a fragment. Each number opens exactly its people."""
    one = audience.get(audience_id)
    chosen = request.GET.get("with", "")
    if not chosen.isdecimal() or len(chosen) > 15:
        return render(request, "audiences/overlap.html", {})
    other = audience.get(int(chosen))
    try:
        counted = _counted(one.id, other.id, request)
    except asking.CountingRests:
        return render(request, "audiences/overlap.html", {"rests": True})
    return render(request, "audiences/overlap.html", {"one": one, "other": other, "shares": counted})


@dataclass(frozen=True, slots=True)
class Share:
    """whose: only_one, both or only_other."""

    whose: str
    people: int
    href: str


def _counted(one: int, other: int, request: WorkspaceRequest) -> list[Share]:
    """By one question: what each of "in one or the other" adds to the whole."""
    asked = {
        "only_one": {"kind": "all", "of": [_member(one), _member(other, "not_member")]},
        "both": {"kind": "all", "of": [_member(one), _member(other)]},
        "only_other": {"kind": "all", "of": [_member(other), _member(one, "not_member")]},
    }
    either = conditions.parse({"kind": "any", "of": [_member(one), _member(other)]})
    counted = asking.removed_by_line(either, now=request.now)
    in_one, in_other = (line.holds for line in counted.lines)
    sizes = {
        "only_one": counted.total - in_other,
        "both": in_one + in_other - counted.total,
        "only_other": counted.total - in_one,
    }
    return [
        Share(whose, sizes[whose], numbers.address_of(request, conditions.parse(data).data()))
        for whose, data in asked.items()
    ]


def _member(audience_id: int, op: str = "member") -> dict[str, Any]:
    return {"kind": "value", "of": "audience", "ref": str(audience_id), "op": op}


def _searched(request: WorkspaceRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:100]
    cells = people.cells_of(request)
    found = [(person, cells.shown_name(person)) for person in persons.search(text, _FOUND)]
    return {"found": found, "text": text}


def _uuid(text: str) -> UUID:
    """Raises persons.NoSuchPerson."""
    try:
        return UUID(text)
    except ValueError:
        raise persons.NoSuchPerson("this is no person") from None
