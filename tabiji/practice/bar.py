"""The bar over every page of a practice workspace: what time it is there, and where to move it."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tabiji.practice import demo_site, time_moves, words
from tabiji.practice.time_moves import Move
from tabiji.web.shell import bars
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission


def draw(request: HttpRequest) -> SafeString:
    """The bar for this request; empty outside practice workspaces."""
    asked = cast(WorkspaceRequest, request)
    if not asked.workspace.is_practice:
        return SafeString("")
    can_move = asked.actor.may(Permission.MOVE_TIME)
    move = time_moves.latest() if can_move else None
    # Translators: keep {buttons}; the buttons name how far: "1 hour", "Next business day", …
    before, _buttons, after = _("Move time: {buttons}").partition("{buttons}")
    context: dict[str, Any] = {
        "request": request,
        "csrf_token": get_token(request),
        "before": before.strip(),
        "after": after.strip(),
        "move": move,
        "stuck": stuck_parts(move),
        "back": page_of(request),
        "can_move": can_move,
        "targets": time_moves.targets(asked.now) if can_move and not (move and move.is_running) else None,
        "can_read_mail": asked.actor.may(Permission.SEE_PERSONAL_DATA),
        "site": demo_site.address(asked.workspace),
    }
    # Without the context of pages, which asks for the bars again.
    return SafeString(render_to_string("practice/bar.html", context))


def stuck_parts(move: Move | None) -> list[tuple[int, str]]:
    """(how many, of what) kept the last move from its target."""
    if move is None or move.is_running:
        return []
    return [(count, str(words.PARTS[part])) for part, count in move.waiting.items() if part in words.PARTS]


def page_of(request: HttpRequest) -> str:
    """The page over which the bar stands: also when only the bar was asked for."""
    current = request.headers.get("HX-Current-URL")
    if not current:
        return request.get_full_path()
    parts = urlsplit(current)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _when_shown(request: HttpRequest) -> SafeString:
    """Fragments of pages have the same context and show no bar: it is drawn where it is shown."""
    return _later(request)


_later = lazy(draw, SafeString)
bars.bars.add("practice", _when_shown)
