"""The demo company's site: everybody reads it, and only where it was opened."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from django.conf import LazySettings
from django.test import Client

from tabiji.practice import demo_site
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import keys
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

PAGES = ("", "omakase/", "cases/", "compare/", "pricing/", "market/", "company/", "en/", "en/pricing/")


@pytest.fixture
def site(workspace: WorkspaceInfo, settings: LazySettings) -> str:
    settings.COLLECTOR_URL = "http://127.0.0.1:8121"
    keys.create_write_key("サイト", actor=AUTOMATIC, public="wk_site")
    demo_site.open_site(landing_path=f"/p/{workspace.slug}/jirei")
    return f"/site/{workspace.slug}/"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_carries_the_snippet_of_its_workspace(client: Client, site: str, page: str) -> None:
    answered = client.get(site + page)

    text = answered.content.decode()
    assert answered.status_code == 200
    assert 'src="/static/dist/sdk/tabiji.js" data-key="wk_site" data-host="http://127.0.0.1:8121"' in text
    assert f'href="{site.replace("/site/", "/p/")}jirei"' in text
    assert "{{" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", text)


def test_every_link_of_the_site_leads_somewhere(client: Client, site: str) -> None:
    for page in PAGES:
        for link in re.findall(r'(?:href|src)="(\.[^"#]*)', client.get(site + page).content.decode()):
            answered = client.get(urljoin(site + page, link))
            assert answered.status_code == 200, f"{page}: {link}"


def test_its_policy_allows_the_snippet_and_the_collector_only(client: Client, site: str) -> None:
    policy = client.get(site).headers["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self'" in policy
    assert "connect-src http://127.0.0.1:8121;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    ["no-such/", "pricing", "../", "..%2f..%2fapps.py", "%2e%2e/apps.py", "index.html/", "\x00", "en/../../"],
)
def test_only_files_of_the_site_are_served(client: Client, site: str, path: str) -> None:
    assert client.get(site + path).status_code == 404


def test_a_workspace_without_a_site_has_none(client: Client, workspace: WorkspaceInfo) -> None:
    assert client.get(f"/site/{workspace.slug}/").status_code == 404
    assert client.get("/site/no-such-workspace/").status_code == 404
    assert demo_site.address(workspace) == ""
    demo_site.open_site()
    assert client.get(f"/site/{workspace.slug}/").status_code == 200
    assert client.post(f"/site/{workspace.slug}/").status_code == 405


def test_a_hostile_landing_path_stays_a_word(client: Client, workspace: WorkspaceInfo) -> None:
    demo_site.open_site(landing_path='"><script>alert(1)</script>')

    assert "<script>alert" not in client.get(f"/site/{workspace.slug}/").content.decode()
    assert workspaces.current().settings["demo_site"]["landing_path"].startswith('">')
