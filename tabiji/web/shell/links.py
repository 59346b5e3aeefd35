"""Addresses inside the workspace of a request."""

from __future__ import annotations

from django.urls import reverse

from tabiji.web.shell.requests import WorkspaceRequest


def address(request: WorkspaceRequest, name: str, *args: object) -> str:
    """The address of a page of this workspace: `address(request, "people-detail", person.id)`."""
    return reverse(name, args=[request.workspace.slug, *args])
