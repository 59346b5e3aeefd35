"""健康診断: what `tabiji doctor` finds, for this workspace and the machine below it, with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from tabiji.core import health
from tabiji.core.health import Check, Finding
from tabiji.core.registry import Registry
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_ORDER: Final = ("broken", "look", "fine")


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one kind of checks, the worst first. kind: workspace or machine."""

    kind: str
    findings: list[Finding]


@page(Permission.ADMINISTER)
def index(request: WorkspaceRequest) -> HttpResponse:
    groups = [
        Group("workspace", worst_first(findings(health.workspace))),
        Group("machine", worst_first(findings(health.machine))),
    ]
    found = [one for group in groups for one in group.findings]
    context = {
        "groups": groups,
        "wanted": sum(1 for one in found if one.level != "fine"),
        "broken": sum(1 for one in found if one.level == "broken"),
    }
    return render(request, "home/health.html", context)


def findings(checks: Registry[Check], *names: str) -> list[Finding]:
    """Of these checks, or of all. Each stands behind a savepoint of its own: a failing one ends nothing."""
    found: list[Finding] = []
    for check in checks:
        if names and check.name not in names:
            continue
        try:
            with transaction.atomic():
                found += check.ask()
        except Exception as error:
            found.append(Finding("broken", f"{check.name}: {error}"[:300]))
    return found


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: _ORDER.index(one.level))
