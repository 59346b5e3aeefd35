"""Making a form: a list of fields, its picture at two widths beside it, saved as it is typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.content.public import BadDocument
from tabiji.pages.contracts import Language, PublicInfo, PublicVersion
from tabiji.pages.public import CannotPublish, ChangedMeanwhile, NoSuchPublic, documents, forms, problems
from tabiji.purpose.public import initiatives
from tabiji.web.content import drafting, form_fields, frames, header, rows, words
from tabiji.web.content.drafting import Saved
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


@dataclass(slots=True)
class Typed:
    """What was sent, as far as it can be held: a document, or what is in the way."""

    settings: form_fields.FormSettings
    blocks: list[rows.Row]
    document: dict[str, Any] | None = None
    language: Language = "ja"
    mistakes: list[tuple[str, str]] = field(default_factory=list)


@page(Permission.EDIT_CONTENT)
def edit(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """The editor; for reading only while somebody else edits, unless it is taken over (`edit=1`)."""
    info = forms.get(form_id)
    other = drafting.editor(request, info)
    return _draw(request, info, is_editable=not other or request.GET.get("edit") == "1", other=other)


@require_POST
@page(Permission.EDIT_CONTENT)
def save(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """Keep what is typed; 409 where somebody else saved since, 422 where a field cannot be held."""
    saved = _keep(request, forms.get(form_id), _typed(request))
    return drafting.answer(request, saved, _address(request, "forms-edit", form_id))


@require_POST
@page(Permission.EDIT_CONTENT)
def look(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """What is typed, looked at without saving it: its problems."""
    info = forms.get(form_id)
    typed = _typed(request)
    found = {"mistakes": typed.mistakes} if typed.document is None else _looked(info, typed.document)
    return render(request, "content/form_looked.html", {"info": info, **found})


@page(Permission.EDIT_CONTENT)
def frame(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """The draft for a frame: as it is typed (POST), or as it was saved."""
    forms.get(form_id)
    document = _typed(request).document if request.method == "POST" else None
    return frames.public(
        lambda nonce: forms.preview(form_id, now=request.now, document=document, nonce=nonce)
    )


@require_POST
@page(Permission.EDIT_CONTENT)
def publish(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """Keep what is typed, and make it what visitors see."""
    saved = _keep(request, forms.get(form_id), _typed(request))
    if saved.status != 200:
        return drafting.answer(request, saved, _address(request, "forms-edit", form_id))
    try:
        version_id = forms.publish(form_id, actor=request.actor, now=request.now)
    except CannotPublish as refused:
        for problem in refused.problems:
            messages.error(request, f"{problems.place(problem)}: {problems.sentence(problem)}")
        return redirect("forms-edit", request.workspace.slug, form_id)
    version = forms.get_version(version_id)
    _join_initiative(request, version)
    number = words.numbered(version.number)
    messages.success(request, _("%(version)s is public now.") % {"version": number})
    return redirect("forms-detail", request.workspace.slug, form_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def go_back(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """Make the draft say what an earlier version says, or take that back."""
    info = forms.get(form_id)
    if "undo" in request.POST:
        before = drafting.remembered(request, "forms", form_id)
        if before is not None:
            forms.save_draft(form_id, actor=request.actor, revision=info.revision, **before)
            drafting.forget(request)
        return redirect("forms-edit", request.workspace.slug, form_id)
    asked = request.POST.get("version")
    version = next((one for one in forms.list_versions(form_id) if str(one.number) == asked), None)
    if version is None:
        raise NoSuchPublic("there is no such version of this page")
    drafting.remember(request, "forms", form_id, {"document": info.document, "language": info.language})
    forms.save_draft(
        form_id,
        actor=request.actor,
        document=version.document,
        language=version.language,
        revision=info.revision,
    )
    return redirect(f"{_address(request, 'forms-edit', form_id)}?from={version.number}")


def _typed(request: WorkspaceRequest) -> Typed:
    try:
        found = rows.read(form_fields.KINDS, request.POST)
    except rows.BadRows as error:
        raise BadRequest(str(error)) from error
    typed = Typed(form_fields.FormSettings(request.POST), found)
    typed.mistakes = [*rows.of_settings(typed.settings), *rows.mistakes(found)]
    if typed.mistakes:
        return typed
    said = typed.settings.cleaned_data
    try:
        typed.document = form_fields.to_document(found, said)
    except BadDocument:
        typed.mistakes = [("", _("There are too many parts, or a text is too long."))]
    typed.language = said["language"]
    return typed


def _keep(request: WorkspaceRequest, info: PublicInfo, typed: Typed) -> Saved:
    asked = drafting.asked_revision(request)
    if asked != info.revision:
        return drafting.conflict(request, info)
    if typed.document is None:
        said = _("Not saved: mend what is marked.")
        return Saved(info.revision, drafting.UNFIT, said, tuple(typed.mistakes))
    if (typed.document, typed.language) == (info.document, info.language):
        return Saved(info.revision)
    try:
        revision = forms.save_draft(
            info.id,
            actor=request.actor,
            document=typed.document,
            language=typed.language,
            revision=asked,
        )
    except ChangedMeanwhile:
        return drafting.conflict(request, forms.get(info.id))
    return Saved(revision)


def _draw(request: WorkspaceRequest, info: PublicInfo, *, is_editable: bool, other: str) -> HttpResponse:
    document = documents.parse_form(info.document).model_dump(mode="json")
    context: dict[str, Any] = {
        "info": info,
        "header": header.of(request, "form", info.id, info.version),
        "settings": form_fields.FormSettings(initial=form_fields.settings_of(document, info.language)),
        "rows": form_fields.of_document(document),
        "kinds": form_fields.KINDS.offered(),
        "blanks": rows.blanks(form_fields.KINDS),
        "open_block": rows.asked_place(request.GET.get("block", "")),
        "is_editable": is_editable,
        "other": other,
        "saved": Saved(info.revision),
        "at": drafting.saved_at(request, info),
        "went_back": drafting.went_back(request, "forms", info.id),
        **_looked(info, document),
    }
    return render(request, "content/form_edit.html", context)


def _looked(info: PublicInfo, document: dict[str, Any]) -> dict[str, Any]:
    """What is to be said of a draft."""
    said = [
        (one, problems.place(one), problems.sentence(one), one.block + 1 if one.block is not None else 0)
        for one in forms.find_problems(document)
    ]
    return {
        "blocking": [one for one in said if one[0].blocks_publishing],
        "hints": [one for one in said if not one[0].blocks_publishing],
        "next_version": words.numbered(
            1 + max((one.number for one in forms.list_versions(info.id)), default=0)
        ),
        "is_unchanged": info.version_id is not None and not info.is_changed and document == info.document,
    }


def _join_initiative(request: WorkspaceRequest, version: PublicVersion) -> None:
    """The form and its auto-reply belong to the initiative that their submissions count for."""
    form = documents.parse_form(version.document)
    if form.initiative_id:
        own = [version.definition_id, *([form.auto_reply_mail_id] if form.auto_reply_mail_id else [])]
        initiatives.add_members(form.initiative_id, own, actor=request.actor)


def _address(request: WorkspaceRequest, name: str, form_id: int) -> str:
    return reverse(name, args=[request.workspace.slug, form_id])
