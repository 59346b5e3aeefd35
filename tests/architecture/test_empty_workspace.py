"""A workspace on its first day: whatever can be reached by clicking opens, with one person and nothing done."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from datetime import datetime
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.test import Client

from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members
from tests.builders.cast import customer
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db
_OF_ONE_PAGE = 30
"""Weeks follow weeks without an end."""
_HREF = re.compile(r'(?:href|hx-get|src)="([^"]+)"')


@pytest.mark.parametrize("language", ["ja", "en"])
def test_everything_that_can_be_clicked_opens(workspace: WorkspaceInfo, now: datetime, language: str) -> None:
    customer("nobody@aoba.example", at=now)
    published_mail("最初のメール", at=now)
    client = Client()
    user_id = members.create_user(f"admin@{workspace.slug}.example", name="高橋 葵", language=language)
    members.join(user_id, Role.ADMIN)
    client.force_login(User.objects.get(pk=user_id))
    home = f"/w/{workspace.slug}/"

    opened: dict[str, int] = {}
    of_page: Counter[str] = Counter()
    waiting, known = deque([home]), {home}
    while waiting:
        address = waiting.popleft()
        answer = client.get(address)
        opened[address] = answer.status_code
        if answer.status_code != 200 or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for found in _HREF.findall(answer.content.decode()):
            reached = urldefrag(urljoin(address, html.unescape(found)))[0]
            page = urlsplit(reached).path
            if page.startswith(home) and reached not in known and of_page[page] < _OF_ONE_PAGE:
                known.add(reached)
                of_page[page] += 1
                waiting.append(reached)

    assert {address: status for address, status in opened.items() if status >= 400} == {}
    assert len(opened) > 100
    assert any("sort=" in address for address in opened)
