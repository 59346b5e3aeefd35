"""A console with its colleagues, and somebody who has a history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from tabiji.web.customers.tests.story import Story, tell
from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members

SignIn = Callable[..., Client]


@pytest.fixture
def story(workspace: WorkspaceInfo, now: datetime) -> Story:
    return tell(now)


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    """`sign_in(Role.MARKETER)` or `sign_in(actor)`: a browser in which this colleague works."""

    def enter(who: Role | Actor, language: str = "ja") -> Client:
        if isinstance(who, Actor):
            user_id = who.user_id
        else:
            user_id = members.create_user(
                f"{who.value}@{workspace.slug}.example", name="高橋 葵", language=language
            )
            members.join(user_id, who)
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return client

    return enter
