"""Events of the past, by file: brought in, watched, stopped; the refused lines as a file."""

from __future__ import annotations

from typing import Any, Literal

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.events.public import history
from tabiji.people.public import tables
from tabiji.web.imports import words
from tabiji.web.imports.running import as_file
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, audit


class EventsForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or NDJSON file"),
        allow_empty_file=True,  # said in our words below
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.ndjson,.jsonl,.json,text/csv"}),
    )


@page(Permission.IMPORT_EXPORT)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Choose a file; those that came, newest first. One that cannot be read is refused, and nothing is kept."""
    form = EventsForm(request.POST, request.FILES) if request.method == "POST" else EventsForm()
    if form.is_bound and form.is_valid():
        try:
            _bring(request, form.cleaned_data["file"])
        except tables.UnreadableFile as error:
            form.add_error("file", words.refusal(error))
        else:
            return redirect("imports-events", request.workspace.slug)
    return render(
        request, "imports/events.html", {"form": form, **_listed()}, status=422 if form.errors else 200
    )


@page(Permission.IMPORT_EXPORT)
def progress(request: WorkspaceRequest) -> HttpResponse:
    """How far they are, for the lines that grow."""
    return render(request, "imports/events_list.html", _listed())


@require_POST
@page(Permission.IMPORT_EXPORT)
def cancel(request: WorkspaceRequest, history_id: int) -> HttpResponse:
    """Stop after the lines that are under way; what was taken in stays."""
    history.cancel(history_id, actor=request.actor)
    return redirect("imports-events", request.workspace.slug)


@page(Permission.IMPORT_EXPORT)
def errors(request: WorkspaceRequest, history_id: int) -> HttpResponse:
    """The lines that were not taken in, as a file to mend and bring in again."""
    found = history.get(history_id)
    content = b"".join(history.refusal_file(history_id, words.refused_line))
    audit.record(request.actor, "export", "import", history_id, values={"rows": found.lines_refused})
    kind: Literal["csv", "ndjson"] = "ndjson" if found.kind == "ndjson" else "csv"
    return as_file(content, _("errors of %(name)s") % {"name": found.name}, kind)


def _bring(request: WorkspaceRequest, file: UploadedFile[Any]) -> int:
    stored = file.file
    assert stored is not None
    name = file.name or _("Without a name")
    return history.bring(name, stored, actor=request.actor, now=request.now)


def _listed() -> dict[str, Any]:
    found = history.list_newest()
    return {
        "files": [(one, words.state(one.state)) for one in found],
        "is_running": any(one.state == "running" for one in found),
    }
