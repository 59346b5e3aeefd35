"""Health checks. Rooms register theirs; `tabiji doctor` and the health page run them all.

A check looks at one thing and says what it found: fine, worth a look, or broken, with what to do.
Workspace checks run inside a scope; machine checks outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tabiji.core.registry import Registry

Level = Literal["fine", "look", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """level: fine, look (somebody should soon), broken (something does not work). mend: what to do."""

    level: Level
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ask: Callable[[], list[Finding]]


machine: Registry[Check] = Registry("machine check")
workspace: Registry[Check] = Registry("workspace check")


def on_machine(name: str, ask: Callable[[], list[Finding]]) -> None:
    machine.add(name, Check(name, ask))


def in_workspace(name: str, ask: Callable[[], list[Finding]]) -> None:
    workspace.add(name, Check(name, ask))


def run(checks: Registry[Check]) -> list[tuple[str, Finding]]:
    """(check, finding) of every check; one that fails is itself a finding, never an error."""
    found: list[tuple[str, Finding]] = []
    for check in checks:
        try:
            found += [(check.name, finding) for finding in check.ask()]
        except Exception as error:
            found.append((check.name, Finding("broken", f"{type(error).__name__}: {error}"[:300])))
    return found
