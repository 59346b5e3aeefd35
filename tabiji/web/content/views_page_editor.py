"""Making a landing page: what is its own, and its views."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from tabiji.content.public import brand
from tabiji.pages.public import landing
from tabiji.web.content import page_blocks
from tabiji.web.content.public_editor import PublicEditor
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

EDITOR: Final = PublicEditor(
    kind="page",
    drafts=landing,
    kinds=page_blocks.KINDS,
    of_document=page_blocks.of_document,
    to_document=page_blocks.to_document,
    settings=page_blocks.PageSettings,
    settings_of=page_blocks.settings_of,
)


@page(Permission.EDIT_CONTENT)
def edit(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.edit(request, page_id, kit=brand.get())


@require_POST
@page(Permission.EDIT_CONTENT)
def save(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.save(request, page_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def look(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.look(request, page_id)


@page(Permission.EDIT_CONTENT)
def frame(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.frame(request, page_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def publish(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.publish(request, page_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def go_back(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    return EDITOR.go_back(request, page_id)
