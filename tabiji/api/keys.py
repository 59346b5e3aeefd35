"""Who calls: a secret key names its workspace, and the whole request runs in that scope."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from tabiji.core import postgres
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import PERMISSIONS, Role, keys, workspace

P = ParamSpec("P")
R = TypeVar("R")


class ApiRequest(HttpRequest):
    """A request of a known key. `auth` is (workspace id, key id)."""

    auth: tuple[int, int]
    actor: Actor


class ApiKey(HttpBearer):
    """`Authorization: Bearer ak_….…`"""

    def authenticate(self, request: HttpRequest, token: str) -> tuple[int, int] | None:
        try:
            return keys.workspace_of_api_key(token)
        except keys.BadKey:
            return None


def inside(
    handler: Callable[Concatenate[ApiRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R]:
    """Run the handler in the key's workspace, as one transaction."""

    @functools.wraps(handler)
    def scoped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        asked = cast(ApiRequest, request)
        workspace_id, key_id = asked.auth
        with postgres.workspace_scope(workspace_id):
            asked.actor = Actor(0, f"API key {key_id}", Role.ADMIN, PERMISSIONS[Role.ADMIN])
            return handler(asked, *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], Any]", scoped)


def now() -> Any:
    """Business time of the workspace, read once at the edge."""
    return workspace.business_now()
