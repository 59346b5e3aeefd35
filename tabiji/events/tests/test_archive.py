"""Finished batches move to the archive; from it and PostgreSQL an empty ClickHouse becomes equal again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connection
from pytest_django import Settings

from tabiji.core import clickhouse, facts, postgres
from tabiji.core.clickhouse import ClickHouse
from tabiji.core.facts import Change
from tabiji.events import archive, health, pieces, rebuilding
from tabiji.events.holding import StreamBusy, Work, held, waited_for
from tabiji.events.public import inlet, processor
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import identity
from tabiji.runtime import migrate
from tabiji.workspaces.contracts import WorkspaceInfo

AT_ONCE = timedelta()
SECOND = "tabiji_second"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.ARCHIVE = tmp_path / "archive"
    return tmp_path / "archive"


@pytest.fixture(scope="module")
def second_server(django_db_setup: None, clickhouse_url: str) -> Iterator[ClickHouse]:
    """Another endpoint, named as CLICKHOUSE_URL would name it."""
    clickhouse.store().command(f"CREATE DATABASE {SECOND}")
    with contextlib.closing(
        ClickHouse(urlsplit(clickhouse_url)._replace(path=f"/{SECOND}").geturl())
    ) as made:
        clickhouse.migrate(made, migrate.clickhouse_directories())
        yield made
    clickhouse.store().command(f"DROP DATABASE {SECOND} SYNC")


@pytest.fixture
def second(second_server: ClickHouse) -> ClickHouse:
    """The other endpoint with our tables and nothing in them."""
    for table in pieces.TABLES:
        second_server.command(f"TRUNCATE TABLE {table}")
    return second_server


def play(who: str) -> None:
    """A visitor with properties of all kinds who becomes known, and changes of our own."""
    awkward = {"a.b": 1, "a": {"b": 2}, "名": "佐藤\u0000", "many": [1, "x", None], "deep": {"x": {"y": 0.5}}}
    inlet.accept(
        [
            {"type": "page", "anonymousId": who, "properties": {"url": "https://a.example/価格", **awkward}},
            {"type": "track", "event": "資料請求", "anonymousId": who, "messageId": f"{who}-1"},
            {"type": "identify", "anonymousId": who, "traits": {"email": f"{who}@aoba.example"}},
        ],
        source="web",
    )
    processor.process_all()
    person = person_of(who)
    facts.record([Change(person, "list", "7", "", "1", 1.0, 1_777_000_000_000, detail={"by": who})])
    facts.record([Change(person, "field", "title", "", "部長", 0.0, 1_777_000_000_000)])
    processor.process_all()


def person_of(who: str) -> UUID:
    (person,) = identity.find({Identifier(IdentifierKind.EMAIL, f"{who}@aoba.example")}).values()
    return person


def content(store: ClickHouse, workspace: WorkspaceInfo, without: str = "") -> dict[str, Any]:
    """Rows and a checksum over all columns of each table, superseded rows left out.

    without: columns that are not compared where the newest row wins.
    """
    json = {"event": "props", "person": "fields"}
    found = {}
    for table in pieces.TABLES:
        newest_wins = table in pieces.NEWEST_WINS
        every = f"* EXCEPT ({without})" if without and newest_wins else "*"
        every += f" REPLACE (toString({json[table]}) AS {json[table]})" if table in json else ""
        final = "FINAL" if newest_wins else ""
        found[table] = store.rows(
            f"SELECT count(), sum(cityHash64(tuple({every}))) FROM {table} {final}"
            " WHERE workspace_id = {ws:UInt32}",
            {"ws": workspace.id},
        )[0]
    return found


def rebuild(store: ClickHouse, workspace: WorkspaceInfo, say: rebuilding.Say = lambda _: None) -> int:
    """The streams of this workspace alone: other tests have left theirs in the database."""
    with postgres.workspace_scope(workspace.id):
        rows = postgres.rows("SELECT workspace_id, shard, last_batch FROM event_stream")
    streams = [rebuilding.Stream(*row) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clickhouse, "store", lambda: store)
        return rebuilding.rebuild_streams(streams, say)


def batches() -> list[int]:
    return [row[0] for row in postgres.rows("SELECT batch_id FROM event_batch ORDER BY batch_id")]


def kept() -> list[str]:
    return [row[0] for row in postgres.rows("SELECT path FROM event_archive WHERE state = 'kept'")]


def archive_stream(workspace: WorkspaceInfo) -> int:
    return archive.archive_next(workspace.id, 0, AT_ONCE)


def test_an_empty_clickhouse_becomes_equal_to_the_archive_and_what_postgresql_holds(
    workspace: WorkspaceInfo, second: ClickHouse
) -> None:
    play("archived")
    moved = archive_stream(workspace)
    play("held")
    before = content(clickhouse.store(), workspace)

    assert moved > 1
    assert batches()[0] == moved + 1
    assert [rows > 1 for rows, _ in before.values()] == [True] * 5
    rebuild(second, workspace)
    assert content(second, workspace) == before

    rebuild(second, workspace)
    assert content(second, workspace) == before


def test_a_rebuild_that_was_stopped_anywhere_goes_on(workspace: WorkspaceInfo, second: ClickHouse) -> None:
    play("archived")
    archive_stream(workspace)
    play("held")
    # A row that is written again wins over one of the same version, which says the same in another batch.
    before = content(clickhouse.store(), workspace, without="batch_id, ordinal")

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(second, workspace, stop)
    assert 0 < content(second, workspace)["event"][0] < before["event"][0]
    second.command(
        "DELETE FROM event WHERE batch_id = 1 AND ordinal = 1 SETTINGS lightweight_deletes_sync = 2"
    )
    rebuild(second, workspace)

    assert content(second, workspace, without="batch_id, ordinal") == before


def test_what_is_archived_is_gone_from_postgresql_and_stands_in_files(
    workspace: WorkspaceInfo, folder: Path
) -> None:
    play("one")
    archive_stream(workspace)

    assert batches() == []
    assert (
        postgres.scalar("SELECT (SELECT count(*) FROM event_inbox) + (SELECT count(*) FROM fact_outbox)") == 0
    )
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(kept())
    assert {path.split("/")[1] for path in files} == set(pieces.TABLES)
    assert all((folder / path).read_bytes()[:4] == b"PAR1" for path in files)
    rows = dict(postgres.rows("SELECT relation, sum(rows)::bigint FROM event_archive GROUP BY relation"))
    assert rows == {table: rows for table, (rows, _) in content(clickhouse.store(), workspace).items()} | {
        table: rows[table] for table in pieces.NEWEST_WINS
    }
    assert archive_stream(workspace) == 0


def test_young_batches_and_those_with_parked_work_stay(workspace: WorkspaceInfo) -> None:
    play("one")
    first, *others = batches()
    postgres.execute(
        "INSERT INTO parked_batch (workspace_id, shard, batch_id, consumer, error) VALUES (%s, 0, %s, 'score', 'x')",
        [workspace.id, first],
    )

    assert archive.archive_next(workspace.id, 0, timedelta(days=7)) == 0
    assert (workspace.id, 0) not in archive.due(timedelta(days=7))
    assert (workspace.id, 0) in archive.due(AT_ONCE)
    assert archive_stream(workspace) == len(others)
    assert batches() == [first]


def test_what_was_begun_and_never_kept_is_made_again(workspace: WorkspaceInfo, folder: Path) -> None:
    play("one")
    left = f"{workspace.id}/event/day=2026-01-01/left.parquet"
    (folder / left).parent.mkdir(parents=True)
    (folder / left).write_bytes(b"half")
    (folder / f"{left}.part").write_bytes(b"ha")
    postgres.execute(
        "INSERT INTO event_archive (workspace_id, shard, day, relation, first_batch, last_batch, path)"
        " VALUES (%s, 0, '2026-01-01', 'event', 1, 1, %s)",
        [workspace.id, left],
    )
    archive_stream(workspace)

    assert list((folder / left).parent.iterdir()) == []
    assert postgres.scalar("SELECT count(*) FROM event_archive WHERE state = 'begun'") == 0


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_file_that_is_not_what_was_written_is_named(
    workspace: WorkspaceInfo, second: ClickHouse, folder: Path, damage: str
) -> None:
    play("one")
    archive_stream(workspace)
    (file,) = (folder / path for path in kept() if "/person/" in path)
    if damage == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    else:
        file.unlink()

    with pytest.raises(rebuilding.ArchiveIncomplete, match=file.name):
        rebuild(second, workspace)


def test_a_store_with_other_data_is_refused_before_anything_is_written(
    workspace: WorkspaceInfo, second: ClickHouse
) -> None:
    play("one")
    archive_stream(workspace)
    row = "SELECT {ws}, 0, {batch}, 0, 'm', generateUUIDv4(), 'page', 'page_viewed', now64(3), now64(3)"
    into = (
        "INSERT INTO event (workspace_id, shard, batch_id, ordinal, message_id, subject_id, type, name, occurred_at,"
        " received_at) "
    )
    for ws, batch in ((4_000_000, 1), (workspace.id, 9_999), (workspace.id, 1)):
        second.command("TRUNCATE TABLE event")
        second.command(into + row.replace("{ws}", str(ws)).replace("{batch}", str(batch)))
        with pytest.raises(rebuilding.HoldsOtherData, match=f"workspace {ws}, stream 0"):
            rebuild(second, workspace)
        assert content(second, workspace)["person"][0] == 0


def test_a_stream_belongs_to_one_process_at_a_time(committed: WorkspaceInfo) -> None:
    taken, over = threading.Event(), threading.Event()

    def other_process() -> None:
        with held(Work.PROCESSING, committed.id, 0):
            taken.set()
            over.wait(20)
        connection.close()

    with postgres.workspace_scope(committed.id):
        inlet.accept([{"type": "page", "anonymousId": "b"}], source="web")
    thread = threading.Thread(target=other_process)
    thread.start()
    assert taken.wait(10)
    with (
        pytest.raises(StreamBusy, match="held by another process"),
        waited_for(Work.PROCESSING, committed.id, 0, seconds=1),
    ):
        pass
    over.set()
    thread.join()
    with waited_for(Work.PROCESSING, committed.id, 0, seconds=10):
        pass


_DYING = """
import os, sys
from datetime import timedelta
from pathlib import Path
from django.conf import settings
from django.db import connections
from tabiji.core import crashpoints, postgres
from tabiji.events import archive
from tabiji.events.public import inlet, processor

workspace_id, settings.ARCHIVE = int(sys.argv[1]), Path(sys.argv[2])
for point in (one for one in crashpoints.ALL if one.startswith("archive.")):
    with postgres.workspace_scope(workspace_id):
        inlet.accept([{"type": "identify", "userId": point, "traits": {"last_name": point}}], source="server")
    processor.process_all()
    connections.close_all()
    Path(os.environ["TABIJI_CRASH"]).write_text(point)
    child = os.fork()
    if not child:
        archive.archive_next(workspace_id, 0, timedelta())
        os._exit(0)
    print(point, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_whatever_point_the_archive_dies_at_nothing_is_lost_or_doubled(
    committed: WorkspaceInfo, second: ClickHouse, folder: Path, clickhouse_url: str, settings: Settings
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()" + _DYING, str(committed.id), str(folder)],
        env={
            **os.environ,
            "DATABASE_URL": settings.DATABASE_URL,
            "CLICKHOUSE_URL": clickhouse_url,
            "TABIJI_CRASH": f"{folder}.crash",
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert [line.split()[1] for line in died.stdout.splitlines()] == ["86"] * 4, died.stderr
    archive_stream(committed)

    with postgres.workspace_scope(committed.id):
        assert batches() == []
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        assert files == sorted(kept())
    before = content(clickhouse.store(), committed)
    rebuild(second, committed)
    assert content(second, committed) == before
    assert before["event"][0] == 4


def test_health_tells_the_size_of_the_archive_and_what_is_late(
    workspace: WorkspaceInfo, folder: Path, settings: Settings
) -> None:
    play("one")
    archive_stream(workspace)
    (finding,) = health.archived()
    assert finding.level == "fine"
    assert "0.0 GB" in finding.what

    play("two")
    postgres.execute("UPDATE event_batch SET closed_at = closed_at - interval '12 days'")
    (finding,) = health.archived()
    assert finding.level == "look"

    assert [found.level for found in health.archive_folder()] == ["fine"]
    (folder / kept()[0]).unlink()
    assert [found.level for found in health.archive_folder()] == ["broken"]
