"""A request inside a workspace: who asks, where, when; one transaction, one scope, one permission.

Every console view is wrapped by `page`. A row that is not there (or belongs to another workspace,
which is the same) is 404; a missing permission is 403; ClickHouse away is a calm page.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from tabiji.core import clickhouse, paging, postgres
from tabiji.core.addresses import client_address
from tabiji.workspaces.contracts import Actor, Membership, WorkspaceInfo
from tabiji.workspaces.public import Permission, members, workspace

P = ParamSpec("P")
View = Callable[..., HttpResponse]


class WorkspaceRequest(HttpRequest):
    """What views of the console get."""

    workspace: WorkspaceInfo
    memberships: list[Membership]
    actor: Actor
    now: datetime
    """Business time of this request: the only "now" that a view may pass on."""


def page(
    permission: Permission | None = None,
) -> Callable[[Callable[Concatenate[WorkspaceRequest, P], HttpResponse]], View]:
    """Wrap a view: sign-in, membership, permission, scope. The URL's `slug` names the workspace."""

    def wrap(view: Callable[Concatenate[WorkspaceRequest, P], HttpResponse]) -> View:
        @functools.wraps(view)
        def inside(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), str(settings.LOGIN_URL))
            joined = workspace.list_of_user(request.user.pk)
            membership = next((one for one in joined if one.slug == slug), None)
            if membership is None:
                raise Http404
            asked = cast(WorkspaceRequest, request)
            asked.memberships = joined
            with postgres.workspace_scope(membership.workspace_id):
                asked.workspace = workspace.current()
                asked.actor = members.get_actor(request.user.pk, address_of(request))
                if permission is not None and not asked.actor.may(permission):
                    raise PermissionDenied
                asked.now = workspace.business_now()
                with (
                    timezone.override(asked.workspace.zone),
                    translation.override(language_of(request, asked.workspace)),
                ):
                    return _answer(view, asked, *args, **kwargs)

        inside.permission = permission  # type: ignore[attr-defined]  # read by the golden test of roles
        return inside

    return wrap


def language_of(request: HttpRequest, where: WorkspaceInfo | None = None) -> str:
    """The colleague's own language, else the workspace's."""
    own = getattr(request.user, "language", "")
    return own or (where.language if where else settings.LANGUAGE_CODE)


def address_of(request: HttpRequest) -> str:
    """The network address of the client; of X-Forwarded-For only what proxies of ours wrote."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(request.META.get("REMOTE_ADDR", ""), forwarded, settings.BEHIND_PROXY)


def is_fragment(request: HttpRequest) -> bool:
    """Asked for by htmx: only a part of the page is wanted."""
    return request.headers.get("HX-Request") == "true"


def _answer(
    view: Callable[..., HttpResponse], request: WorkspaceRequest, *args: Any, **kwargs: Any
) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except (LookupError, paging.BadCursor) as error:
        if isinstance(error, KeyError | IndexError) or not _is_absence(error):
            raise
        raise Http404(str(error)) from error
    except clickhouse.ClickHouseResting:
        name = "shell/resting_fragment.html" if is_fragment(request) else "shell/resting.html"
        return render(request, name, status=200 if is_fragment(request) else 503)


def _is_absence(error: Exception) -> bool:
    """Rooms say "there is none" by NoSuch… (and lists by BadCursor)."""
    return type(error).__name__.startswith("NoSuch") or isinstance(error, paging.BadCursor)
