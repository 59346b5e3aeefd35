"""ClickHouse dies at a rename of an insert, the moment at which a part becomes visible: nothing lost, nothing doubled.

An insert into several months makes several parts, one rename each. strace ends the engine's process at the k-th.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from tabiji.core import clickhouse
from tabiji.core.clickhouse import ClickHouse, ClickHouseError, ExternalFile, Span, native
from tabiji.events import pieces, store
from tabiji.runtime import migrate
from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tests.acceptance.processes import wait_until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("renames"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]
RENAMES: Final = "rename,renameat,renameat2"
MONTHS_MS: Final = (1_690_000_000_000, 1_693_000_000_000, 1_696_000_000_000)
ROWS: Final = 300
Insert = Callable[[ClickHouse, int], None]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    from tabiji.runtime.postgres import free_port

    made = EmbeddedClickHouse(Path(tmp_path_factory.mktemp("renames")), free_port(), "test")
    made.start()
    made.wait_ready()
    with contextlib.closing(ClickHouse(made.url)) as opened:
        clickhouse.migrate(opened, migrate.clickhouse_directories())
    yield made
    made.stop()


@contextlib.contextmanager
def traced(engine: EmbeddedClickHouse, log: Path, *inject: str) -> Iterator[None]:
    """strace sees every rename of the engine; `inject` says at which it ends it."""
    assert engine.process is not None
    words = ["strace", "-f", "-o", str(log), "-e", f"trace={RENAMES}", *inject, "-p", str(engine.process.pid)]
    with log.with_suffix(".said").open("w") as said:
        tracer = subprocess.Popen(words, stderr=said, stdin=subprocess.DEVNULL)
    try:
        words_said = wait_until(Path(said.name).read_text, timeout_s=10, every_s=0.02)
        if "attached" not in words_said:
            pytest.skip(f"strace may not look at processes here: {words_said}")
        yield
    finally:
        tracer.terminate()
        try:
            tracer.wait(2)
        except subprocess.TimeoutExpired:  # it waits for threads that have died
            tracer.kill()
            tracer.wait(5)


def columns_of(table: str, batch_id: int) -> dict[str, Any]:
    """A batch as no stream has it, in three months: three parts."""
    filled: dict[str, Any] = {
        "workspace_id": [1] * ROWS,
        "shard": [0] * ROWS,
        "batch_id": [batch_id] * ROWS,
        "ordinal": range(ROWS),
    }
    who = "subject_id" if "subject_id" in store.TYPES[table] else "person_id"
    filled[who] = [uuid.UUID(int=batch_id << 64 | place) for place in range(ROWS)]
    if "received_at" in store.TYPES[table]:
        filled["received_at"] = [MONTHS_MS[place % 3] for place in range(ROWS)]
    return filled


def as_processor(table: str) -> Insert:
    def insert(opened: ClickHouse, batch_id: int) -> None:
        opened.insert_batch(
            table,
            columns_of(table, batch_id),
            store.TYPES[table],
            workspace_id=1,
            shard=0,
            batch_id=batch_id,
            patience_s=0,
        )

    return insert


def as_rebuild(table: str) -> Insert:
    def insert(opened: ClickHouse, batch_id: int) -> None:
        columns = columns_of(table, batch_id)
        types = {name: pieces.TYPES[table][name] for name in columns}
        file = ExternalFile(pieces.NAME, types, "Native", native.encode(columns, types))
        opened.insert_missing(table, file, Span(1, 0, batch_id, batch_id), patience_s=0)

    return insert


def outcome_of_a_kill(engine: EmbeddedClickHouse, insert: Insert, table: str, k: int, log: Path) -> bool:
    """Whether the engine died at the k-th rename of the insert; asserts that all is there once afterwards."""
    batch_id = next(_numbers)
    with (
        contextlib.closing(ClickHouse(engine.url)) as opened,
        traced(engine, log, "-e", f"inject={RENAMES}:signal=KILL:when={k}"),
        contextlib.suppress(ClickHouseError),
    ):
        insert(opened, batch_id)
    assert engine.process is not None
    died = "killed by SIGKILL" in log.read_text()
    if died:
        engine.process.wait(20)
        engine.start()
        engine.wait_ready()
    with contextlib.closing(ClickHouse(engine.url)) as opened:
        left = stored(opened, table, batch_id)
        wait_until(lambda: _goes(lambda: insert(opened, batch_id)), timeout_s=30)
        assert stored(opened, table, batch_id) == (ROWS, ROWS), f"after {left} rows were left by rename {k}"
    return died


def stored(opened: ClickHouse, table: str, batch_id: int) -> tuple[Any, ...]:
    """Rows of a batch, and how many different ones."""
    asked = "SELECT count(), uniqExact(ordinal) FROM {table:Identifier} WHERE batch_id = {batch:UInt64}"
    return opened.rows(asked, {"table": table, "batch": batch_id})[0]


def _goes(insert: Callable[[], None]) -> bool:
    try:
        insert()
    except ClickHouseError:
        return False
    return True


_numbers = count(1)


def renames_of(engine: EmbeddedClickHouse, insert: Insert, log: Path) -> int:
    with traced(engine, log), contextlib.closing(ClickHouse(engine.url)) as opened:
        insert(opened, next(_numbers))
    return log.read_text().count("tmp_insert")


def test_an_insert_killed_at_its_first_or_second_part_is_settled(
    engine: EmbeddedClickHouse, tmp_path: Path
) -> None:
    assert renames_of(engine, as_processor("event"), tmp_path / "seen") == 3

    assert outcome_of_a_kill(engine, as_processor("event"), "event", 1, tmp_path / "first")
    assert outcome_of_a_kill(engine, as_rebuild("event"), "event", 2, tmp_path / "second")


@pytest.mark.soak
@pytest.mark.parametrize("way", [as_processor, as_rebuild])
@pytest.mark.parametrize("table", pieces.TABLES)
def test_an_insert_killed_at_any_rename_is_settled(
    engine: EmbeddedClickHouse, table: str, way: Callable[[str], Insert], tmp_path: Path
) -> None:
    seen = renames_of(engine, way(table), tmp_path / "seen")
    assert seen >= 1

    killed = 0
    for k in count(1):
        if not outcome_of_a_kill(engine, way(table), table, k, tmp_path / f"kill-{k}"):
            break
        killed += 1
    assert killed >= seen
    print(f"{table}: {seen} renames seen, killed at {killed} of them, nothing lost, nothing doubled")
