"""Figure `rest`: CPU of all processes over 60 s at rest, in per cent of one core.

The whole embedded stack, a million people waiting in a journey, twenty live audiences, nobody acting.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from benchmarks import harness

REACH = "printed"
SECONDS = 60
ENROLLED = 1_000_000


def run(enrolled: int = ENROLLED, seconds: int = SECONDS) -> None:
    with tempfile.TemporaryDirectory(prefix="tabiji-rest-") as folder:
        home = Path(folder)
        from tabiji.runtime.postgres import free_port

        environment = {**os.environ, "TABIJI_HOME": folder}
        environment.pop("DATABASE_URL", None)
        environment.pop("CLICKHOUSE_URL", None)
        words = [
            sys.executable,
            "-m",
            "tabiji",
            "up",
            "--port",
            str(free_port()),
            "--collector-port",
            str(free_port()),
        ]
        stack = subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert stack.stdout is not None
            while "Tabiji" not in stack.stdout.readline():
                pass
            _fill(home, environment, enrolled)
            time.sleep(30)  # what the filling started comes to an end
            family = _family(stack.pid)
            before = _cpu(family)
            time.sleep(seconds)
            shares = {
                name: 100 * (used - before.get(name, 0.0)) / seconds for name, used in _cpu(family).items()
            }
            memory = sum(process.memory_full_info().pss for process in family if process.is_running())
        finally:
            stack.terminate()
            stack.wait(90)
        for name, share in sorted(shares.items(), key=lambda pair: -pair[1]):
            print(f"{name}: {share:.2f} %")
        print(f"memory: {memory / 1024**2:.0f} MB")
        harness.report(
            "rest",
            unit="%",
            ours=[sum(shares.values())],
            reach=REACH,
            details={"waiting": enrolled, "each": shares, "pss_mb": memory / 1024**2},
        )


def _fill(home: Path, environment: dict[str, str], enrolled: int) -> None:
    code = f"""
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from benchmarks.journey import _enrol
from tabiji.audiences.public import audience
from tabiji.core import postgres
from tabiji.journeys.public import versions
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import workspace
from tests.builders.journey import journey
made = workspace.create("bench", name="bench", shards=2)
with postgres.workspace_scope(made.id):
    journey_id = journey("bench").enter_on("x").wait(days=1).exit().start(datetime.now(UTC))
    version_id = versions.get(journey_id).version_id
    for number in range(20):
        audience.create(f"audience {{number}}", actor=AUTOMATIC, condition={{"version": 1, "kind": "event",
            "name": f"event {{number}}", "window": {{"kind": "last", "n": number + 1, "unit": "days"}}}})
_enrol(settings.DATABASE_URL, made.id, journey_id, version_id or 0, {enrolled})
"""
    root = str(Path(__file__).resolve().parents[1])
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "tabiji.runtime.settings", "PYTHONPATH": root}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    with psycopg.connect(_url(home), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _url(home: Path) -> str:
    from tabiji.runtime.home import Home

    engines = Home(home).engines()
    assert engines is not None
    return engines.database_url


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _cpu(family: list[psutil.Process]) -> dict[str, float]:
    """CPU seconds so far by kind of process."""
    used: dict[str, float] = {}
    for process in family:
        try:
            times = process.cpu_times()
            name = _kind(process)
        except psutil.NoSuchProcess:
            continue
        used[name] = used.get(name, 0.0) + times.user + times.system
    return used


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for sign in ("runtime.clickhouse", "practice-mail", "wsgi", "asgi", "worker", "tabiji up", "postgres"):
        if sign in words:
            return {"wsgi": "web", "asgi": "collector", "runtime.clickhouse": "clickhouse"}.get(sign, sign)
    return str(process.name())
