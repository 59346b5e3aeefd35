"""`tabiji import-events`: a file of past events, brought in from the command line."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tabiji.core import postgres
from tabiji.events.public import history
from tabiji.people.public import tables
from tabiji.web.imports import words
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace

_SAID_EVERY_S: Final = 2.0


class NotBrought(Exception):
    """The file was not taken; the message says why."""


def bring(file: Path, slug: str, errors: Path | None, say: Callable[[str], None]) -> bool:
    """Store the file, then take it in beside the workers; whether every line was taken. Raises NotBrought.

    Stopped in between, the worker goes on. errors: where the refused lines go, with their reasons.
    """
    place = _place(slug)
    try:
        with file.open("rb") as opened, postgres.workspace_scope(place.id):
            made = history.bring(file.name, opened, actor=AUTOMATIC, now=workspace.business_now())
    except OSError as error:
        raise NotBrought(f"{file} cannot be read: {error.strerror}") from None
    except tables.UnreadableFile as error:
        raise NotBrought(f"{file}: {words.refusal(error)}") from None
    found = _taken(place, made, say)
    say(
        f"{found.state}: {found.lines_taken:,} of {found.lines_total:,} lines taken in, {found.lines_refused:,} refused"
    )
    if errors is not None and found.lines_refused:
        with postgres.workspace_scope(place.id):
            errors.write_bytes(b"".join(history.refusal_file(made, words.refused_line)))
        say(f"The refused lines are in {errors}.")
    return found.state == "done" and not found.lines_refused


def _taken(place: WorkspaceInfo, made: int, say: Callable[[str], None]) -> history.HistoryInfo:
    said = time.monotonic()
    while True:
        with postgres.workspace_scope(place.id):
            done = history.carry_on(workspace.business_now())
            found = history.get(made)
        if found.state != "running":
            return found
        if time.monotonic() - said > _SAID_EVERY_S:
            say(f"{found.lines_done:,} / {found.lines_total:,}")
            said = time.monotonic()
        if not done:  # a worker has it in its hands
            time.sleep(0.2)


def _place(slug: str) -> WorkspaceInfo:
    everyone = workspace.list_all()
    found = next((one for one in everyone if one.slug == slug), None)
    if found is None:
        known = ", ".join(one.slug for one in everyone) or "none yet"
        raise NotBrought(f"There is no workspace {slug}. Those of this installation: {known}.")
    return found
