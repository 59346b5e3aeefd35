"""What every console template finds in its context."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tabiji.web.shell import bars, navigation
from tabiji.workspaces.public import notices


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, bell and bars, for requests inside a workspace; nothing elsewhere."""
    actor = getattr(request, "actor", None)
    if actor is None or request.resolver_match is None:
        return {}
    name = request.resolver_match.url_name or ""
    entry = navigation.entry_of(name)
    return {
        "nav_entries": [(one, one.open_to(actor)[0]) for one in navigation.entries_for(actor)],
        "nav_entry": entry,
        "nav_items": entry.open_to(actor) if entry else [],
        "nav_name": name.split("-")[0],
        "unread_notices": notices.count_unread(actor.user_id),
        "bars": [bar(request) for bar in bars.bars],
    }
