"""A console with its colleagues, and a few people of different titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import pytest

from tabiji.events.public import processor
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.cast import customer
from tests.builders.console import Browser, enter


def text_of(page: str) -> str:
    """What a reader sees, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


SignIn = Callable[..., Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    return partial(enter, workspace)


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
