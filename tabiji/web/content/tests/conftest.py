"""A marketer at the editors, and those who may not be there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.console import Browser, enter

SignIn = Callable[[Role], Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    return partial(enter, workspace)


@pytest.fixture
def aoi(sign_in: SignIn) -> Browser:
    return sign_in(Role.MARKETER)
