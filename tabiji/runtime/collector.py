"""The collector's ASGI application: the rooms' inlets over one Acceptance."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
django.setup()

from django.conf import settings  # noqa: E402

from tabiji.core.inlets import Acceptance as _Acceptance  # noqa: E402
from tabiji.core.inlets import Request, Response, inlets  # noqa: E402
from tabiji.events.collector import Collector  # noqa: E402
from tabiji.runtime.logging import configure  # noqa: E402


async def _health(request: Request, stream: _Acceptance) -> Response:
    row = await stream.row("SELECT 1", [])
    return Response(200 if row else 503, b'{"status":"ok"}')


def _dsn() -> str:
    separator = "&" if "?" in settings.DATABASE_URL else "?"
    return f"{settings.DATABASE_URL}{separator}options=-c%20role%3D{settings.APP_ROLE}"


configure("collector")
application = Collector(
    _dsn(),
    {prefix: inlets.get(prefix) for prefix in inlets.names()} | {"/health": _health},
    proxies=settings.BEHIND_PROXY,
)
