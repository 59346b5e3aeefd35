"""Making a form: what is its own, and its views."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from tabiji.pages.contracts import PublicVersion
from tabiji.pages.public import documents, forms
from tabiji.purpose.public import initiatives
from tabiji.web.content import form_fields
from tabiji.web.content.public_editor import PublicEditor
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


def _join_initiative(request: WorkspaceRequest, version: PublicVersion) -> None:
    """The form and its auto-reply belong to the initiative that their submissions count for."""
    form = documents.parse_form(version.document)
    if form.initiative_id:
        own = [version.definition_id, *([form.auto_reply_mail_id] if form.auto_reply_mail_id else [])]
        initiatives.add_members(form.initiative_id, own, actor=request.actor)


EDITOR: Final = PublicEditor(
    kind="form",
    drafts=forms,
    kinds=form_fields.KINDS,
    of_document=form_fields.of_document,
    to_document=form_fields.to_document,
    settings=form_fields.FormSettings,
    settings_of=form_fields.settings_of,
    published=_join_initiative,
)


@page(Permission.EDIT_CONTENT)
def edit(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.edit(request, form_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def save(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.save(request, form_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def look(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.look(request, form_id)


@page(Permission.EDIT_CONTENT)
def frame(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.frame(request, form_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def publish(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.publish(request, form_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def go_back(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    return EDITOR.go_back(request, form_id)
