"""Making a page or a form: a list of rows, its picture at two widths beside it, saved as it is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tabiji.content.contracts import Problem
from tabiji.content.public import BadDocument
from tabiji.pages.contracts import Kind, Language, PublicInfo, PublicVersion
from tabiji.pages.public import CannotPublish, ChangedMeanwhile, NoSuchPublic, documents, problems
from tabiji.web.content import drafting, frames, header, rows, words
from tabiji.web.content.drafting import Saved
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import Actor


class Drafts(Protocol):
    """What the modules of pages and of forms have in common."""

    def get(self, public_id: int, /) -> PublicInfo: ...
    def save_draft(
        self, public_id: int, /, *, actor: Actor, document: Any, language: Language, revision: int
    ) -> int: ...
    def find_problems(self, document: Any, /) -> list[Problem]: ...
    def publish(self, public_id: int, /, *, actor: Actor, now: datetime) -> int: ...
    def get_version(self, version_id: int, /) -> PublicVersion: ...
    def list_versions(self, public_id: int, /) -> list[PublicVersion]: ...
    def preview(self, public_id: int, /, *, now: datetime, document: Any, nonce: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent, as far as it can be held: a document, or what is in the way."""

    document: dict[str, Any] | None = None
    language: Language = "ja"
    mistakes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEditor:
    """What the editors of pages and of forms differ in, and what they do.

    settings: what there is beside the rows, filled in by settings_of; published: what else is done
    with a version that visitors see from now on.
    """

    kind: Kind
    drafts: Drafts
    kinds: rows.Kinds
    of_document: Callable[[Mapping[str, Any]], list[rows.Row]]
    to_document: Callable[[list[rows.Row], Mapping[str, Any]], dict[str, Any]]
    settings: type[forms.Form]
    settings_of: Callable[[Mapping[str, Any], str], dict[str, Any]]
    published: Callable[[WorkspaceRequest, PublicVersion], None] | None = None

    @property
    def place(self) -> str:
        """The first word of its URL names."""
        return header.PLACES[self.kind]

    def edit(self, request: WorkspaceRequest, public_id: int, **more: Any) -> HttpResponse:
        """The editor; for reading only while somebody else edits, unless it is taken over (`edit=1`)."""
        info = self.drafts.get(public_id)
        other = drafting.editor(request, info)
        document = documents.complete(self.kind, info.document)
        context = {
            "info": info,
            "header": header.of(request, self.kind, info.id, info.version),
            "place": self.place,
            "settings": self.settings(initial=self.settings_of(document, info.language)),
            "rows": self.of_document(document),
            "kinds": self.kinds.offered(),
            "blanks": rows.blanks(self.kinds),
            "open_block": rows.asked_place(request.GET.get("block", "")),
            "is_editable": not other or request.GET.get("edit") == "1",
            "other": other,
            "saved": Saved(info.revision),
            "at": info.updated_at,
            "went_back": drafting.went_back(request, self.place, info.id),
            **self._looked(info, document),
            **more,
        }
        return render(request, f"content/{self.kind}_edit.html", context)

    def save(self, request: WorkspaceRequest, public_id: int) -> HttpResponse:
        """Keep what is typed; 409 where somebody else saved since, 422 where a field cannot be held."""
        saved = self._keep(request, self.drafts.get(public_id))
        return drafting.answer(request, saved, self._address(request, "edit", public_id))

    def look(self, request: WorkspaceRequest, public_id: int) -> HttpResponse:
        """What is typed, looked at without saving it: its problems."""
        info = self.drafts.get(public_id)
        typed = self._typed(request)
        found = {"mistakes": typed.mistakes} if typed.document is None else self._looked(info, typed.document)
        return render(request, "content/public_looked.html", {"info": info, "place": self.place, **found})

    def frame(self, request: WorkspaceRequest, public_id: int) -> HttpResponse:
        """The draft for a frame: as it is typed (POST), or as it was saved."""
        self.drafts.get(public_id)
        document = self._typed(request).document if request.method == "POST" else None
        return frames.public(
            lambda nonce: self.drafts.preview(public_id, now=request.now, document=document, nonce=nonce)
        )

    def publish(self, request: WorkspaceRequest, public_id: int) -> HttpResponse:
        """Keep what is typed, and make it what visitors see."""
        editor_address = self._address(request, "edit", public_id)
        saved = self._keep(request, self.drafts.get(public_id))
        if saved.status != 200:
            return drafting.answer(request, saved, editor_address)
        try:
            version_id = self.drafts.publish(public_id, actor=request.actor, now=request.now)
        except CannotPublish as refused:
            for problem in refused.problems:
                messages.error(request, f"{problems.place(problem)}: {problems.sentence(problem)}")
            return redirect(editor_address)
        version = self.drafts.get_version(version_id)
        if self.published is not None:
            self.published(request, version)
        messages.success(
            request, _("%(version)s is public now.") % {"version": words.numbered(version.number)}
        )
        return redirect(self._address(request, "detail", public_id))

    def go_back(self, request: WorkspaceRequest, public_id: int) -> HttpResponse:
        """Make the draft say what an earlier version says, or take that back."""
        info = self.drafts.get(public_id)
        editor_address = self._address(request, "edit", public_id)
        if "undo" in request.POST:
            before = drafting.remembered(request, self.place, public_id)
            if before is not None:
                self._replace(request, info, **before)
                drafting.forget(request)
            return redirect(editor_address)
        asked = request.POST.get("version")
        versions = self.drafts.list_versions(public_id)
        version = next((one for one in versions if str(one.number) == asked), None)
        if version is None:
            raise NoSuchPublic("there is no such version of this page")
        before = {"document": info.document, "language": info.language}
        drafting.remember(request, self.place, public_id, before)
        self._replace(request, info, document=version.document, language=version.language)
        return redirect(f"{editor_address}?from={version.number}")

    def _typed(self, request: WorkspaceRequest) -> Typed:
        try:
            found = rows.read(self.kinds, request.POST)
        except rows.BadRows as error:
            raise BadRequest(str(error)) from error
        settings = self.settings(request.POST)
        mistakes = (*rows.of_settings(settings), *rows.mistakes(found))
        if mistakes:
            return Typed(mistakes=mistakes)
        said = settings.cleaned_data
        try:
            return Typed(self.to_document(found, said), said["language"])
        except BadDocument:
            return Typed(mistakes=(("", _("There are too many parts, or a text is too long.")),))

    def _keep(self, request: WorkspaceRequest, info: PublicInfo) -> Saved:
        typed = self._typed(request)
        if drafting.asked_revision(request) != info.revision:
            return drafting.conflict(request, info)
        if typed.document is None:
            said = _("Not saved: mend what is marked.")
            return Saved(info.revision, drafting.UNFIT, said, typed.mistakes)
        if (typed.document, typed.language) == (info.document, info.language):
            return Saved(info.revision)
        try:
            return Saved(self._replace(request, info, document=typed.document, language=typed.language))
        except ChangedMeanwhile:
            return drafting.conflict(request, self.drafts.get(info.id))

    def _replace(
        self, request: WorkspaceRequest, info: PublicInfo, *, document: dict[str, Any], language: Language
    ) -> int:
        return self.drafts.save_draft(
            info.id, actor=request.actor, document=document, language=language, revision=info.revision
        )

    def _looked(self, info: PublicInfo, document: dict[str, Any]) -> dict[str, Any]:
        """What is to be said of a draft."""
        said = [
            (one, problems.place(one), problems.sentence(one), one.block + 1 if one.block is not None else 0)
            for one in self.drafts.find_problems(document)
        ]
        newest = max((one.number for one in self.drafts.list_versions(info.id)), default=0)
        return {
            "blocking": [one for one in said if one[0].blocks_publishing],
            "hints": [one for one in said if not one[0].blocks_publishing],
            "next_version": words.numbered(1 + newest),
            "is_unchanged": info.version_id is not None and not info.is_changed and document == info.document,
        }

    def _address(self, request: WorkspaceRequest, word: str, public_id: int) -> str:
        return reverse(f"{self.place}-{word}", args=[request.workspace.slug, public_id])
