"""Editing a draft: who else does, what was saved when, and what is said when two do at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment
from tabiji.workspaces.public import members

EDITING: Final = timedelta(minutes=5)
"""Whoever saved last within this time is the editor; others read, or take over."""
CONFLICT: Final = 409
UNFIT: Final = 422
_UNDO: Final = "content_draft_before"


class Draftlike(Protocol):
    """What mails, pages and forms have in common for their editor."""

    @property
    def id(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def updated_by(self) -> int | None: ...


class Versionlike(Protocol):
    """What versions of mails, pages and forms have in common."""

    @property
    def id(self) -> int: ...
    @property
    def number(self) -> int: ...


_Version = TypeVar("_Version", bound=Versionlike)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a saving came to. revision: the one to name next time."""

    revision: int
    status: int = 200
    said: str = ""
    mistakes: tuple[tuple[str, str], ...] = ()


def asked_revision(request: WorkspaceRequest) -> int:
    """The revision that the sent form was drawn from; -1 where it says none, which fits no draft."""
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def editor(request: WorkspaceRequest, draft: Draftlike) -> str:
    """The other colleague who edits this draft now; empty for nobody, or for the one who asks."""
    is_fresh = timedelta(0) <= request.now - draft.updated_at < EDITING
    if not is_fresh or draft.revision < 2 or draft.updated_by in (None, request.actor.user_id):
        return ""
    return members.names().get(draft.updated_by or 0, "")


def conflict(request: WorkspaceRequest, draft: Draftlike) -> Saved:
    """Somebody else saved this draft since; nothing of it was overwritten."""
    name = members.names().get(draft.updated_by or 0, "") or _("A colleague")
    said = _("%(name)s saved at %(at)s. What you typed since was not saved.") % {
        "name": name,
        "at": on_screen.hour(draft.updated_at),
    }
    return Saved(asked_revision(request), CONFLICT, said)


def answer(request: WorkspaceRequest, saved: Saved, editor_address: str) -> HttpResponse:
    """The words beside the save button; for a browser without scripts, the editor again."""
    if not is_fragment(request) and saved.status == 200:
        return HttpResponse(status=303, headers={"Location": editor_address})
    context = {"saved": saved, "at": request.now, "editor_address": editor_address}
    name = "content/saved.html" if is_fragment(request) else "content/not_saved.html"
    return render(request, name, context, status=saved.status)


def remember(request: WorkspaceRequest, place: str, draft_id: int, before: dict[str, Any]) -> None:
    """Keep a draft that is about to be replaced as a whole, so that this can be taken back."""
    request.session[_UNDO] = {"place": place, "id": draft_id, "before": before}


def remembered(request: WorkspaceRequest, place: str, draft_id: int) -> dict[str, Any] | None:
    """The draft that was replaced last, where it was this one."""
    kept = request.session.get(_UNDO)
    if not isinstance(kept, dict) or (kept.get("place"), kept.get("id")) != (place, draft_id):
        return None
    before: dict[str, Any] = kept["before"]
    return before


def forget(request: WorkspaceRequest) -> None:
    request.session.pop(_UNDO, None)


def went_back(request: WorkspaceRequest, place: str, draft_id: int) -> str:
    """The number of the version that the draft was just made from, while that can be taken back."""
    return request.GET.get("from", "")[:6] if remembered(request, place, draft_id) is not None else ""


def asked_version(
    request: WorkspaceRequest, versions: Sequence[_Version], in_use: int | None
) -> _Version | None:
    """The version of the address (`version=`), else the one in use; None before the first publishing."""
    asked = request.GET.get("version", "")
    found = [one for one in versions if str(one.number) == asked]
    return next(iter([*found, *(one for one in versions if one.id == in_use)]), None)
