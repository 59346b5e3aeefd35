"""Figure `accept`: single events a second over HTTP on 64 connections, on disk when answered.

The limit is the same server parsing the same JSON and answering, without storing anything.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import harness

REACH = "ratio >= 0.5"
CONNECTIONS = 64
SECONDS = 4.0


def run() -> None:
    with harness.house():
        from tabiji.core import postgres
        from tabiji.runtime.postgres import free_port
        from tabiji.workspaces.contracts import AUTOMATIC
        from tabiji.workspaces.public import keys, workspace

        made = workspace.create("bench", name="bench", shards=2)
        with postgres.workspace_scope(made.id):
            keys.create_write_key("bench", actor=AUTOMATIC, public="wk_bench")
        own_port, limit_port = free_port(), free_port()
        with (
            _server("tabiji.runtime.collector:application", own_port),
            _server("benchmarks.limits.accept:application", limit_port),
        ):
            answered: dict[int, int] = defaultdict(int)
            runs = harness.alternate(lambda: _rate(own_port, answered), lambda: _rate(limit_port, answered))
        with postgres.workspace_scope(made.id):
            stored = int(postgres.scalar("SELECT coalesce(sum(n_events), 0) FROM event_inbox"))
        if stored < answered[own_port]:
            raise RuntimeError(f"{answered[own_port]} events were answered with 200, and {stored} are stored")
        harness.report(
            "accept",
            unit="/s",
            ours=runs[0],
            limit=runs[1],
            reach=REACH,
            details={"connections": CONNECTIONS, "answered": answered[own_port], "stored": stored},
        )


@contextmanager
def _server(target: str, port: int) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += [
        "--workers",
        "1",
        "--no-ws",
        "--log-level",
        "warning",
        "--loop",
        "asyncio",
        "--backlog",
        "2048",
    ]
    process = subprocess.Popen([*command, target], env=os.environ)
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server on port {port} did not start (exit code {process.poll()})")


def _rate(port: int, totals: dict[int, int]) -> float:
    """Requests a second that were answered with 200, over SECONDS; their number is added to the port's total."""
    selector = selectors.DefaultSelector()
    number = 0

    def request() -> bytes:
        nonlocal number
        number += 1
        body = json.dumps(
            {
                "writeKey": "wk_bench",
                "type": "track",
                "event": "viewed",
                "anonymousId": f"a{number % 5_000}",
                "messageId": f"{os.getpid()}-{time.monotonic_ns()}-{number}",
                "properties": {
                    "url": "https://tanomoa.example/pricing/",
                    "plan": "omakase",
                    "price": 1_800_000,
                },
            }
        ).encode()
        head = (
            f"POST /v1/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one, selectors.EVENT_READ)
        one.sendall(request())
    answered, started = 0, time.perf_counter()
    deadline = started + SECONDS
    while time.perf_counter() < deadline:
        for key, _ in selector.select(0.5):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            answer = connection.recv(4_096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"not accepted: {answer[:200]!r}")
            answered += 1
            connection.sendall(request())
    elapsed = time.perf_counter() - started
    for one in sockets:
        one.close()
    selector.close()
    totals[port] += answered
    return answered / elapsed
