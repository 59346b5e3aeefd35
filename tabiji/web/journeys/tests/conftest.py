"""A console with its colleagues, a published mail, and a journey that people have gone through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tabiji.events.public import processor
from tabiji.journeys.public import engine, enrolment, versions
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members
from tests.builders.cast import customers
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail


@dataclass
class Browser:
    """One colleague's browser inside the workspace."""

    client: Client
    home: str
    user_id: int

    def get(self, path: str, **headers: str) -> str:
        """The page. Fails unless it is there."""
        response = self.client.get(self.home + path, headers=headers)
        assert response.status_code == 200, (path, response.status_code)
        return response.content.decode()

    def status(self, path: str, data: dict[str, Any] | None = None) -> int:
        address = self.home + path
        response = self.client.get(address) if data is None else self.client.post(address, data)
        return response.status_code

    def post(self, path: str, data: dict[str, Any], *, expected: int = 302) -> str:
        """Where it leads to, or the page that comes back."""
        response = self.client.post(self.home + path, data)
        assert response.status_code == expected, (path, response.status_code, response.content[:500])
        return str(response.headers.get("Location", "")) or response.content.decode()

    def fragment(self, path: str, data: dict[str, Any], *, expected: int = 200) -> str:
        """The answer to htmx."""
        response = self.client.post(self.home + path, data, headers={"HX-Request": "true"})
        assert response.status_code == expected, (path, response.status_code, response.content[:500])
        return response.content.decode()

    def people_behind(self, page: str, number: str) -> int:
        """How many people the list has that this number of the page opens."""
        found = re.search(r'<a href="([^"]+\?of=[^"]+)"[^>]*>' + re.escape(number) + "</a>", page)
        assert found, f"{number} is no link in: {text_of(page)}"
        listed = self.client.get(found.group(1).replace("&amp;", "&")).content.decode()
        counted = re.search(r'class="paging"><span class="num">([\d,]+)人', listed)
        return int(counted.group(1).replace(",", "")) if counted else 0


def text_of(page: str) -> str:
    """What a reader sees, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


SignIn = Callable[..., Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    def enter(role: Role, name: str = "高橋 葵", language: str = "ja") -> Browser:
        address = f"{role.value}-{len(members.names())}@{workspace.slug}.example"
        user_id = members.create_user(address, name=name, language=language)
        members.join(user_id, role)
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return Browser(client, f"/w/{workspace.slug}/", user_id)

    return enter


@pytest.fixture
def aoi(sign_in: SignIn) -> Browser:
    return sign_in(Role.MARKETER)


@pytest.fixture
def booked(workspace: WorkspaceInfo) -> str:
    conversions.create(
        "booked",
        name="商談を予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=AUTOMATIC,
    )
    return "booked"


@pytest.fixture
def mail_id(workspace: WorkspaceInfo, now: datetime) -> int:
    return published_mail("事例メール", at=now)


@pytest.fixture
def draft_id(booked: str, mail_id: int) -> int:
    """Wait, branch on the title, mail or points, goal: nobody has entered it yet."""
    titled = {"kind": "attribute", "field": "title", "op": "is_not_empty"}
    graph = (
        journey("資料請求後フォロー")
        .enter_on("asked")
        .wait(business_days=3)
        .branch(titled, then().send(mail_id), then().add_score(1))
        .goal(booked)
        .graph
    )
    return versions.create("資料請求後フォロー", actor=AUTOMATIC, why="会う理由を1つだけ渡す", graph=graph)


@dataclass
class Followed:
    journey_id: int
    people: list[UUID]


@pytest.fixture
def followed(draft_id: int, now: datetime) -> Followed:
    """40 entered: 4 wait, 6 had an early goal, 10 with a title and 20 without went on; 8 booked after."""
    published = versions.publish(draft_id, actor=AUTOMATIC, now=now - timedelta(days=60))
    people = customers(40, at=now)
    moment = int(now.timestamp() * 1000)
    fields.write([FieldUpdate(one, "title", "課長", moment) for one in people[:10]], actor="person")
    before = now - timedelta(days=30)
    enrolment.enrol(published.id, [enrolment.Arrival(one, "asked", before) for one in people[:36]])
    enrolment.finish(people[30:36], outcome="goal", at=before + timedelta(hours=1))
    enrolment.enrol(published.id, [enrolment.Arrival(one, "asked", now) for one in people[36:]])
    processor.process_all()
    for seconds in range(3):
        engine.advance_due(now + timedelta(seconds=seconds))
        processor.process_all()
    enrolment.finish(people[:8], outcome="goal", at=now)
    processor.process_all()
    return Followed(draft_id, people)
