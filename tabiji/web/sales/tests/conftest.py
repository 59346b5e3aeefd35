"""A console in which sales works, and people to sell to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.test import Client

from tabiji.people.contracts import FieldUpdate, PersonInfo
from tabiji.people.public import fields, persons
from tabiji.sales.tests.cast import Staff, a_person, staff
from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.models import User


@dataclass(frozen=True)
class Desk:
    """One colleague's browser in this workspace."""

    client: Client
    slug: str

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(f"/w/{self.slug}/{path}", follow=True)
        assert response.status_code == status, (path, response.status_code)
        return response.content.decode()

    def post(self, path: str, status: int = 200, **values: object) -> str:
        """The page on which the colleague lands."""
        response = self.client.post(f"/w/{self.slug}/{path}", values, follow=True)
        assert response.status_code == status, (path, response.status_code)
        return response.content.decode()


SitDown = Callable[[Actor], Desk]


@pytest.fixture
def cast(workspace: WorkspaceInfo) -> Staff:
    return staff()


@pytest.fixture
def sit_down(workspace: WorkspaceInfo) -> SitDown:
    def enter(who: Actor) -> Desk:
        client = Client()
        client.force_login(User.objects.get(pk=who.user_id))
        return Desk(client, workspace.slug)

    return enter


@pytest.fixture
def misaki(workspace: WorkspaceInfo, now: datetime) -> PersonInfo:
    """佐藤 美咲 of 青葉製作所, who can be called."""
    person = a_person(now)
    moment = int(now.timestamp() * 1000) + 1
    fields.apply([FieldUpdate(person.id, "phone", "+819012345678", moment)], actor="auto")
    return persons.get(person.id)
