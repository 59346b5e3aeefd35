"""The collector's ASGI application: the rooms' inlets over one Acceptance."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
django.setup()

from django.conf import settings  # noqa: E402

from tabiji.core.inlets import Acceptance as _Acceptance  # noqa: E402
from tabiji.core.inlets import Request, Response, inlets  # noqa: E402
from tabiji.events.collector import Collector  # noqa: E402
from tabiji.runtime.home import Home  # noqa: E402
from tabiji.runtime.logging import configure  # noqa: E402


async def _health(request: Request, stream: _Acceptance) -> Response:
    row = await stream.row("SELECT 1", [])
    return Response(200 if row else 503, b'{"status":"ok"}')


def _dsn() -> str:
    separator = "&" if "?" in settings.DATABASE_URL else "?"
    return f"{settings.DATABASE_URL}{separator}options=-c%20role%3D{settings.APP_ROLE}"


def _settle_in() -> None:
    """Make the process one that answers many small requests, on few cores."""
    # What is loaded stays, and a request leaves hardly a cycle behind: looking for garbage as often
    # as Python does by itself took a fifth of our own part of each request.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 50)
    if sys.platform == "linux":
        # The server's threads wake each other twice a request. As a batch process they finish their turn
        # first; otherwise each wake throws the waking thread off its core, and its caches are cold after.
        with contextlib.suppress(OSError):  # some sandboxes forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


configure("collector")
Home.from_environment().wait_for_stores()
application = Collector(
    _dsn(),
    {prefix: inlets.get(prefix) for prefix in inlets.names()} | {"/health": _health},
    proxies=settings.BEHIND_PROXY,
)
_settle_in()
