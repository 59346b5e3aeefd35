"""A console with its colleagues, and a few people of different titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from tabiji.events.public import processor
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members
from tests.builders.cast import customer


@dataclass
class Browser:
    """One colleague's browser inside the workspace."""

    client: Client
    home: str

    def get(self, path: str, *, expected: int = 200) -> str:
        response = self.client.get(self.home + path)
        assert response.status_code == expected, (path, response.status_code)
        return response.content.decode()

    def post(
        self, path: str, data: dict[str, Any], *, expected: int = 302, htmx: bool = False
    ) -> HttpResponse:
        headers = {"HX-Request": "true"} if htmx else {}
        response = self.client.post(self.home + path, data, headers=headers)
        assert response.status_code == expected, (path, response.status_code, response.content[:600].decode())
        return response  # type: ignore[return-value]  # the test client's response is one

    def follow(self, href: str) -> str:
        response = self.client.get(href.replace("&amp;", "&"))
        assert response.status_code == 200, (href, response.status_code)
        return response.content.decode()


def text_of(page: str) -> str:
    """What a reader sees, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


SignIn = Callable[..., Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    def enter(role: Role, language: str = "ja") -> Browser:
        user_id = members.create_user(
            f"{role.value}@{workspace.slug}.example", name="高橋 葵", language=language
        )
        members.join(user_id, role)
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return Browser(client, f"/w/{workspace.slug}/")

    return enter


@pytest.fixture
def aoi(sign_in: SignIn) -> Browser:
    return sign_in(Role.MARKETER)


@pytest.fixture
def people(workspace: WorkspaceInfo, now: datetime) -> list[UUID]:
    """Three heads of department, two section heads, one without a title."""
    titles = ["部長", "部長", "部長", "課長", "課長", ""]
    found = [customer(f"p{place}@many.example", at=now, title=title) for place, title in enumerate(titles)]
    processor.process_all()
    return found
