"""The demo company's site, as the web process serves it: static files with our snippet, for everybody."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape

from tabiji.core import postgres
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import keys, workspace

_SETTING: Final = "demo_site"
_NO_LANDING: Final = "#"


class NoSuchSite(LookupError):
    """This workspace has no demo site, or it has no such page."""


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    content_type: str


def open_site(*, landing_path: str = _NO_LANDING) -> None:
    """Let the scope's practice workspace have the site; landing_path: of its published landing page."""
    if not workspace.current().is_practice:
        raise ValueError("only a practice workspace has a demo site")
    workspace.update_settings(**{_SETTING: {"landing_path": landing_path}})


def address(where: WorkspaceInfo) -> str:
    """The path of the site's first page; empty for a workspace without a site."""
    if not where.is_practice or _SETTING not in where.settings:
        return ""
    return reverse("demo-site", args=[where.slug])


def page(slug: str, path: str) -> Page:
    """One file of the site, its placeholders filled for this workspace. Raises NoSuchSite."""
    where = next((one for one in workspace.list_all() if one.slug == slug), None)
    if where is None or not address(where):
        raise NoSuchSite(slug)
    name = path + "index.html" if not path or path.endswith("/") else path
    found = _files().get(name)
    if found is None:
        raise NoSuchSite(path)
    body, content_type = found
    if not content_type.startswith("text/html"):
        return Page(body, content_type)
    text = body.decode()
    for placeholder, value in _values(where).items():
        text = text.replace("{{" + placeholder + "}}", escape(value))
    return Page(text.encode(), content_type)


def policy() -> str:
    """The site's content security policy: its own files, our snippet, our collector."""
    collector = "{0.scheme}://{0.netloc}".format(urlsplit(settings.COLLECTOR_URL))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self';"
        f" connect-src {collector}; base-uri 'none'; frame-ancestors 'self'"
    )


def _values(where: WorkspaceInfo) -> Mapping[str, str]:
    with postgres.workspace_scope(where.id):
        write_key = next((key.public for key in keys.list_keys() if key.kind == "write"), "")
    return {
        "SDK_URL": static("dist/sdk/tabiji.js"),
        "WRITE_KEY": write_key,
        "COLLECTOR_URL": settings.COLLECTOR_URL,
        "LANDING_URL": str(where.settings[_SETTING].get("landing_path", _NO_LANDING)),
    }


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """All files of the site by path: only what stands here can be asked for."""
    return dict(_walk(resources.files("tabiji.practice").joinpath("site"), ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, tuple[bytes, str]]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        else:
            guessed = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            charset = "; charset=utf-8" if guessed.startswith("text/") else ""
            found.append((prefix + entry.name, (entry.read_bytes(), guessed + charset)))
    return found
