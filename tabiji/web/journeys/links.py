"""Addresses inside the workspace; of a page that is not there yet, none."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from tabiji.web.shell.requests import WorkspaceRequest


def address(request: WorkspaceRequest, name: str, *args: object) -> str:
    """Raises NoReverseMatch."""
    return reverse(name, args=[request.workspace.slug, *args])


def find(request: WorkspaceRequest, name: str, *args: object) -> str:
    """Empty where no page of that name is there."""
    try:
        return address(request, name, *args)
    except NoReverseMatch:
        return ""
