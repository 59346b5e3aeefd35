"""Another engine on the data of an earlier one: copy, open, compare, or put everything back.

ClickHouse promises to read what earlier versions wrote, and nothing in the other direction. The copy
costs little: the files of a part never change once written, so they are linked, not copied. (chDB's
backup_database cannot serve here: it would need the new engine to have opened the data already.)
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tabiji.runtime.clickhouse.engine import Engine
from tabiji.runtime.clickhouse.faults import EngineError
from tabiji.runtime.clickhouse.folder import CannotOpen

_PART: Final = re.compile(
    r"(?!tmp|delete_tmp)(?P<partition>[^_]+)_(?P<first>\d+)_(?P<last>\d+)_(?P<level>\d+)(_(?P<mutation>\d+))?"
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def open_engine(folder: Path, open_data: Callable[[], Engine]) -> Engine:
    """Open the engine on `folder`/engine; copy and compare first if another version wrote it.

    Raises CannotOpen with the data as it was before.
    """
    noted = folder / "engine-version"
    now = importlib.metadata.version("chdb-core")
    before = noted.read_text().strip() if noted.exists() else ""
    copy = folder / "engine-before"
    if before == now or not (folder / "engine" / "store").exists():
        engine = open_data()
        shutil.rmtree(copy, ignore_errors=True)  # the version after the change has run for a while
    else:
        engine = _open_changed(folder, open_data, before or "an unknown version", now, copy)
    noted.write_text(now)
    return engine


def rows_on_disk(data: Path) -> dict[str, int]:
    """Rows of each table by its UUID, from the parts that count, without any engine."""
    tables = (path for path in data.glob("store/*/*") if _UUID.fullmatch(path.name))
    return {table.name: sum(part.rows for part in _active_parts(table)) for table in tables}


def _open_changed(folder: Path, open_data: Callable[[], Engine], before: str, now: str, copy: Path) -> Engine:
    data = folder / "engine"
    rows = rows_on_disk(data)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy, copy_function=_link_or_copy, symlinks=True)
    try:
        engine = open_data()
        _compare(engine, rows)
    except (CannotOpen, EngineError, _RowsDiffer) as error:
        refused = folder / f"engine-refused-{now}"
        shutil.rmtree(refused, ignore_errors=True)
        data.rename(refused)
        copy.rename(data)
        raise CannotOpen(
            f"chdb-core {now} does not open what {before} wrote: {error}. The data is as it was. "
            f"Install the version that wrote it (pip install chdb-core=={before}) and start again; "
            f"what the new version made of it is in {refused.name}."
        ) from error
    return engine


class _RowsDiffer(Exception):
    pass


def _compare(engine: Engine, rows: dict[str, int]) -> None:
    listed = engine.control(
        "SELECT uuid, engine, database, name FROM system.tables WHERE engine LIKE '%MergeTree'"
    )
    found = [line.split("\t") for line in listed.decode().splitlines()]
    if missing := [uuid for uuid in rows if rows[uuid] and uuid not in {line[0] for line in found}]:
        raise _RowsDiffer(f"{len(missing)} tables are missing")
    for uuid, kind, database, name in found:
        after = int(engine.control(f"SELECT count() FROM `{database}`.`{name}`"))
        before = rows.get(uuid, 0)
        # Other kinds than plain MergeTree may lose superseded rows in a merge at any moment.
        same = after == before if kind == "MergeTree" else bool(after) == bool(before) and after <= before
        if not same:
            raise _RowsDiffer(f"{database}.{name} has {after} rows instead of {before}")


@dataclass(frozen=True, slots=True)
class _Part:
    partition: str
    first: int
    last: int
    age: tuple[int, int]
    """Level of merging and number of the mutation."""
    rows: int

    def covers(self, other: _Part) -> bool:
        return (
            self is not other
            and self.partition == other.partition
            and self.first <= other.first
            and other.last <= self.last
            and self.age >= other.age
        )


def _active_parts(table: Path) -> list[_Part]:
    parts = []
    for path in table.iterdir():
        name = _PART.fullmatch(path.name)
        count = path / "count.txt"
        if name and count.exists():
            age = (int(name["level"]), int(name["mutation"] or 0))
            parts.append(
                _Part(name["partition"], int(name["first"]), int(name["last"]), age, int(count.read_text()))
            )
    return [part for part in parts if not any(other.covers(part) for other in parts)]


def _link_or_copy(source: str, target: str) -> None:
    if _PART.fullmatch(Path(source).parent.name):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
