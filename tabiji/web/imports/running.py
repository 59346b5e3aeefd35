"""A file on its way in, and what became of it."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.people.public import imports, lists
from tabiji.web.imports import words
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, audit

SHOWN = 20


@page(Permission.IMPORT_EXPORT)
def detail(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """Where it stands; one that was not started goes on where it was left."""
    found = imports.get(import_id)
    if found.state == "uploaded":
        return redirect("imports-columns", request.workspace.slug, import_id)
    return render(request, "imports/import.html", _context(found))


@page(Permission.IMPORT_EXPORT)
def progress(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """How far it is, for the line that grows."""
    return render(request, "imports/progress.html", _context(imports.get(import_id)))


@require_POST
@page(Permission.IMPORT_EXPORT)
def cancel(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """Stop after the rows that are under way; what was taken in stays."""
    imports.cancel(import_id, actor=request.actor)
    found = imports.get(import_id)
    name = "imports" if found.state == "cancelled" and not found.rows_done else "imports-detail"
    return redirect(name, request.workspace.slug, *([import_id] if name == "imports-detail" else []))


@page(Permission.IMPORT_EXPORT)
def errors(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """The rows that were not taken in, as a file to mend and bring in again."""
    found = imports.get(import_id)
    content = b"".join(imports.problem_file(import_id))
    audit.record(request.actor, "export", "import", import_id, values={"rows": found.counts.get("error", 0)})
    return as_file(content, _("errors of %(name)s") % {"name": found.name})


def as_file(content: bytes, name: str, kind: Literal["csv", "ndjson"] = "csv") -> HttpResponse:
    """A file to keep. The name is quoted as RFC 6266 asks, whatever letters it has."""
    response = HttpResponse(content, content_type="text/csv" if kind == "csv" else "application/x-ndjson")
    safe = name if name.lower().endswith(f".{kind}") else f"{name}.{kind}"
    plain = safe.replace("/", "_").replace("\\", "_")
    response["Content-Disposition"] = content_disposition_header(True, plain) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _context(found: imports.ImportInfo) -> dict[str, Any]:
    options = imports.Options(**found.options)
    is_over = found.state in ("done", "cancelled", "failed")
    people = imports.count_people(found.id) if is_over else {}
    return {
        "import": found,
        "state": words.state(found.state),
        "is_over": is_over,
        "people": people,
        "everybody": sum(people.values()),
        "failed": imports.problems(found.id, SHOWN) if is_over else [],
        "failed_rows": found.counts.get("error", 0),
        "more": max(found.counts.get("error", 0) - SHOWN, 0),
        "list": lists.get(options.list_id) if options.list_id else None,
    }
