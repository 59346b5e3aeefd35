"""Writing a mail: a list of blocks, two readers beside it, saved as it is typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.content.contracts import Draft, MailInfo, Problem
from tabiji.content.public import BadDocument, brand, documents, mails, previewing, problems
from tabiji.web.content import drafting, header, mail_blocks, merging, reading, rows, views_mails, words
from tabiji.web.content.drafting import Saved
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


class MailSettings(forms.Form):
    """What a mail has beside its blocks."""

    use_required_attribute = False
    subject = rows.line(gettext_lazy("Subject"), most=documents.MAX_LINE, merge=True)
    preheader = rows.line(
        gettext_lazy("Preview text"),
        most=documents.MAX_LINE,
        merge=True,
        help_text=gettext_lazy("Shown after the subject in the list of mails."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(words.PURPOSES.items()))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=words.LANGUAGES)


@dataclass(slots=True)
class Typed:
    """What was sent, as far as it can be held: a draft, or what is in the way."""

    settings: MailSettings
    blocks: list[rows.Row]
    draft: Draft | None = None
    mistakes: list[tuple[str, str]] = field(default_factory=list)


@page(Permission.EDIT_CONTENT)
def edit(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """The editor; for reading only while somebody else edits, unless it is taken over (`edit=1`)."""
    mail = mails.get(mail_id)
    other = drafting.editor(request, mail)
    return _draw(request, mail, is_editable=not other or request.GET.get("edit") == "1", other=other)


@require_POST
@page(Permission.EDIT_CONTENT)
def save(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """Keep what is typed; 409 where somebody else saved since, 422 where a field cannot be held."""
    saved = _keep(request, mails.get(mail_id), _typed(request))
    return drafting.answer(request, saved, _address(request, "mails-edit", mail_id))


@require_POST
@page(Permission.EDIT_CONTENT)
def look(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """What is typed, looked at without saving it: its problems, who reads it, what they lack."""
    mail = mails.get(mail_id)
    typed = _typed(request)
    if typed.draft is None:
        return render(request, "content/mail_looked.html", {"mail": mail, "mistakes": typed.mistakes})
    return render(request, "content/mail_looked.html", {"mail": mail, **_looked(request, mail, typed.draft)})


@page(Permission.EDIT_CONTENT)
def frame(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """The draft as `who=` gets it: as it is typed (POST), or as it was saved."""
    mail = mails.get(mail_id)
    draft = mails.draft_of(mail)
    if request.method == "POST":
        draft = _typed(request).draft or draft
    return views_mails.framed(request, mail_id, draft)


@require_POST
@page(Permission.EDIT_CONTENT)
def use(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """Keep what is typed, and make it the version that is sent from now on."""
    saved = _keep(request, mails.get(mail_id), _typed(request))
    if saved.status != 200:
        return drafting.answer(request, saved, _address(request, "mails-edit", mail_id))
    try:
        version_id = mails.publish(mail_id, actor=request.actor, now=request.now)
    except mails.CannotPublish as refused:
        for problem in refused.problems:
            messages.error(request, f"{problems.place(problem)}: {problems.sentence(problem)}")
        return redirect("mails-edit", request.workspace.slug, mail_id)
    number = words.numbered(mails.get_version(version_id).number)
    messages.success(
        request,
        _("%(version)s is in use now. Running journeys keep the version that they were started with.")
        % {"version": number},
    )
    return redirect("mails-detail", request.workspace.slug, mail_id)


@require_POST
@page(Permission.EDIT_CONTENT)
def go_back(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """Make the draft say what an earlier version says, or take that back."""
    mail = mails.get(mail_id)
    if "undo" in request.POST:
        before = drafting.remembered(request, "mails", mail_id)
        if before is not None:
            mails.save_draft(mail_id, actor=request.actor, revision=mail.revision, **before)
            drafting.forget(request)
        return redirect("mails-edit", request.workspace.slug, mail_id)
    version = next(
        (one for one in mails.list_versions(mail_id) if str(one.number) == request.POST.get("version")), None
    )
    if version is None:
        raise mails.NoSuchMail("there is no such version of this mail")
    names = ("document", "subject", "preheader", "language", "purpose")
    drafting.remember(request, "mails", mail_id, {name: getattr(mail, name) for name in names})
    mails.save_draft(
        mail_id,
        actor=request.actor,
        revision=mail.revision,
        **{name: getattr(version, name) for name in names},
    )
    address = _address(request, "mails-edit", mail_id)
    return redirect(f"{address}?from={version.number}")


def _typed(request: WorkspaceRequest) -> Typed:
    try:
        found = rows.read(mail_blocks.KINDS, request.POST)
    except rows.BadRows as error:
        raise BadRequest(str(error)) from error
    typed = Typed(MailSettings(request.POST), found)
    typed.mistakes = [*rows.of_settings(typed.settings), *rows.mistakes(found)]
    if typed.mistakes:
        return typed
    said = typed.settings.cleaned_data
    try:
        document = mail_blocks.to_document(found)
    except BadDocument:
        typed.mistakes = [("", _("There are too many parts, or a text is too long."))]
        return typed
    typed.draft = Draft(said["subject"], said["preheader"], document, said["language"], said["purpose"])
    return typed


def _keep(request: WorkspaceRequest, mail: MailInfo, typed: Typed) -> Saved:
    asked = drafting.asked_revision(request)
    if asked != mail.revision:
        return drafting.conflict(request, mail)
    if typed.draft is None:
        said = _("Not saved: mend what is marked.")
        return Saved(mail.revision, drafting.UNFIT, said, tuple(typed.mistakes))
    if typed.draft == mails.draft_of(mail):
        return Saved(mail.revision)
    try:
        revision = mails.save_draft(
            mail.id,
            actor=request.actor,
            document=typed.draft.document,
            subject=typed.draft.subject,
            preheader=typed.draft.preheader,
            language=typed.draft.language,
            purpose=typed.draft.purpose,
            revision=asked,
        )
    except mails.ChangedMeanwhile:
        return drafting.conflict(request, mails.get(mail.id))
    return Saved(revision)


def _draw(request: WorkspaceRequest, mail: MailInfo, *, is_editable: bool, other: str) -> HttpResponse:
    draft = mails.draft_of(mail)
    settings = MailSettings(
        initial={
            "subject": mail.subject,
            "preheader": mail.preheader,
            "purpose": mail.purpose,
            "language": mail.language,
        }
    )
    context: dict[str, Any] = {
        "mail": mail,
        "definition_name": mail.name,
        "header": header.of(request, "mail", mail.id, mail.version),
        "settings": settings,
        "rows": mail_blocks.of_document(mail.document),
        "kinds": mail_blocks.KINDS.offered(),
        "blanks": rows.blanks(mail_blocks.KINDS),
        "open_block": rows.asked_place(request.GET.get("block", "")),
        "merge_fields": merging.offered(mail.language),
        "kit": brand.get(),
        "is_editable": is_editable,
        "other": other,
        "saved": Saved(mail.revision),
        "at": mail.updated_at,
        "went_back": drafting.went_back(request, "mails", mail.id),
        **_looked(request, mail, draft),
    }
    return render(request, "content/mail_edit.html", context)


def _looked(request: WorkspaceRequest, mail: MailInfo, draft: Draft) -> dict[str, Any]:
    """What is to be said of a draft: problems, and the heads of the two previews."""
    heads = []
    found: tuple[Problem, ...] = ()
    for reader in reading.readers(request, mail.id, draft):
        shown = previewing.preview(mail.id, reader.id, now=request.now, draft=draft, marks_missing=True)
        heads.append(reading.head(reader, shown))
        found = shown.problems
    said = [
        (one, problems.place(one), problems.sentence(one), one.block + 1 if one.block is not None else 0)
        for one in found
    ]
    return {
        "heads": heads,
        "blocking": [one for one in said if one[0].blocks_publishing],
        "hints": [one for one in said if not one[0].blocks_publishing],
        "next_version": words.numbered(_next_number(mail)),
        "is_unchanged": mail.version_id is not None and _is_in_use(mail, draft),
    }


def _next_number(mail: MailInfo) -> int:
    return 1 + max((one.number for one in mails.list_versions(mail.id)), default=0)


def _is_in_use(mail: MailInfo, draft: Draft) -> bool:
    return not mail.is_changed and draft == mails.draft_of(mail)


def _address(request: WorkspaceRequest, name: str, mail_id: int) -> str:
    return reverse(name, args=[request.workspace.slug, mail_id])
