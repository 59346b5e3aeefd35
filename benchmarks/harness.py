"""How a figure is measured: ours and a limit alternate five times, medians, one line, one JSON.

A limit is a straight, hand-optimised script for the same work on the same tables with the same
durability (`benchmarks/limits/`), frozen with its first figure. A module `benchmarks/<name>.py` has
`run()`, which measures within `house()` and ends with `report(...)`.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

TIMES: Final = 5
RUNS: Final = Path(__file__).parent / "runs"


@dataclass(frozen=True, slots=True)
class Figure:
    """ratio: ours / limit in `unit`; reach: what the ratio (or ours) should come to, as people read it."""

    name: str
    unit: str
    ours: float
    limit: float | None
    reach: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return None if not self.limit else self.ours / self.limit


@contextmanager
def house() -> Iterator[Path]:
    """Both embedded engines, migrated, on a folder that is gone afterwards; Django is set up."""
    with tempfile.TemporaryDirectory(prefix="tabiji-bench-") as folder:
        path = Path(folder)
        os.environ["TABIJI_HOME"] = str(path)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tabiji.runtime.settings"
        from tabiji.runtime.clickhouse import EmbeddedClickHouse
        from tabiji.runtime.postgres import EmbeddedPostgres

        postgres = EmbeddedPostgres(path / "postgres", "bench")
        clickhouse = EmbeddedClickHouse(path / "clickhouse", 0, "bench")
        postgres.prepare()
        postgres.start()
        try:
            postgres.ensure_database()
            clickhouse.start()
            clickhouse.wait_ready()
            os.environ["DATABASE_URL"] = postgres.url()
            os.environ["CLICKHOUSE_URL"] = clickhouse.url
            import django

            django.setup()
            from tabiji.runtime import migrate

            migrate.migrate_postgres()
            migrate.migrate_clickhouse()
            yield path
        finally:
            clickhouse.stop()
            postgres.stop()


def alternate(
    ours: Callable[[], float], limit: Callable[[], float], times: int = TIMES
) -> tuple[list[float], list[float]]:
    """Both once unmeasured, then in turn; each call returns its own figure (seconds, or a rate)."""
    ours()
    limit()
    pairs = [(ours(), limit()) for _ in range(times)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(
    name: str,
    *,
    unit: str,
    ours: list[float],
    limit: list[float] | None = None,
    reach: str,
    details: dict[str, Any] | None = None,
) -> Figure:
    """Medians to the run folder, and the line `FIGURE name ours=… limit=… ratio=…` as the last one."""
    figure = Figure(
        name,
        unit,
        statistics.median(ours),
        None if limit is None else statistics.median(limit),
        reach,
        {"ours_runs": ours, "limit_runs": limit, **(details or {})},
    )
    RUNS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    written = {**asdict(figure), "ratio": figure.ratio, "at": at.isoformat(), **_machine()}
    (RUNS / f"{name}-{at:%Y%m%d-%H%M%S}.json").write_text(json.dumps(written, indent=1, ensure_ascii=False))
    parts = [f"ours={figure.ours:.4g}{unit}"]
    if figure.limit is not None and figure.ratio is not None:
        parts += [f"limit={figure.limit:.4g}{unit}", f"ratio={figure.ratio:.2f}"]
    print(f"reach: {reach}")
    print(f"FIGURE {name} {' '.join(parts)}", flush=True)
    return figure


def _machine() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
