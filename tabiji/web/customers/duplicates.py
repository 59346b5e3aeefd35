"""重複候補: pairs of people who may be one. Read-only for now: merging by hand comes with its own page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from tabiji.people.contracts import PersonInfo
from tabiji.people.public import merging, persons
from tabiji.web.customers import people, words
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Pair:
    first: PersonInfo
    second: PersonInfo
    reason: str


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest) -> HttpResponse:
    candidates = merging.list_candidates()
    shown = candidates[:_SHOWN]
    found = persons.get_many({one for pair in shown for one in pair[:2]})
    pairs = [
        Pair(found[first], found[second], words.of(words.MERGE_REASONS, reason))
        for first, second, reason in shown
        if first in found and second in found
    ]
    context = {
        "pairs": pairs,
        "count": len(candidates),
        "shown": len(shown),
        "cells": people.cells_of(request),
    }
    return render(request, "customers/duplicates.html", context)
