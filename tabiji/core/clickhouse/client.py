"""The client of the whole product: questions in columns or rows, inserts in columns, three lanes.

The same calls serve the embedded server and a real one; a lane is a header that a real server ignores.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode

from tabiji.core.clickhouse import native, parameters
from tabiji.core.clickhouse.errors import ClickHouseError, ClickHouseResting, UnknownOutcome, refused
from tabiji.core.clickhouse.transport import Address, Answer, Broken, Transport

Lane = Literal["writer", "decision", "screen"]
Params = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]

_TIME_S: Final[Mapping[str, float]] = {"writer": 600, "decision": 120, "screen": 20}
_WAIT_S: Final = 15.0  # on top of a query's time: waiting for a slot, the first and the last byte
_LONG_URL: Final = 16_000
# A document that says one path twice (`{"a.b": 1, "a": {"b": 2}}`) keeps the first; it must not stop a batch.
_INSERTING: Final = {"type_json_skip_duplicated_paths": "1"}
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?\Z")


@dataclass(frozen=True, slots=True)
class External:
    """A table that travels with a question: `SELECT … WHERE person_id IN ids`."""

    name: str
    columns: Mapping[str, tuple[str, Sequence[Any]]]
    """By name: ClickHouse type and values."""

    @property
    def types(self) -> dict[str, str]:
        return {column: kind for column, (kind, _) in self.columns.items()}

    @property
    def format(self) -> str:
        return "Native"

    @property
    def data(self) -> bytes:
        return native.encode({column: values for column, (_, values) in self.columns.items()}, self.types)


@dataclass(frozen=True, slots=True)
class ExternalFile:
    """A table that travels as the bytes of a file: `Native` blocks one after another, or `Parquet`."""

    name: str
    types: Mapping[str, str]
    format: Literal["Native", "Parquet"]
    data: bytes


Externals = Sequence[External | ExternalFile] | External | ExternalFile
"""What travels with a question; a server takes up to 256 MB of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Numbered batches of one stream, both ends among them."""

    workspace_id: int
    shard: int
    first: int
    last: int

    @property
    def params(self) -> dict[str, int]:
        return {
            "workspace_id": self.workspace_id,
            "shard": self.shard,
            "first": self.first,
            "last": self.last,
        }


class ClickHouse:
    """One ClickHouse, by URL. Connects when first asked; threads may share it.

    Every call raises ClickHouseResting, QueryTooLong, QueryTooBig or another ClickHouseError.
    Parameters are typed in the text (`{id:UUID}`) and bound by the server.
    """

    def __init__(self, url: str) -> None:
        self._address = Address.parse(url)
        self._transport = Transport(self._address)

    @property
    def database(self) -> str:
        return self._address.database

    def rows(
        self,
        sql: str,
        params: Params | None = None,
        *,
        lane: Lane = "screen",
        external: Externals | None = None,
        timeout_s: float | None = None,
    ) -> list[tuple[Any, ...]]:
        """The result as rows."""
        with self._question(sql, params, lane, external, timeout_s, whole=True) as answer:
            result = native.blocks(answer.pieces(), answer.exception_tag)
            return [row for block in result for row in zip(*block, strict=True)]

    def columns(
        self,
        sql: str,
        params: Params | None = None,
        *,
        lane: Lane = "screen",
        external: Externals | None = None,
        timeout_s: float | None = None,
    ) -> dict[str, list[Any]]:
        """The result as columns by name: the fastest way. Every column is there also without rows."""
        found: dict[str, list[Any]] = {}
        with self._question(sql, params, lane, external, timeout_s, whole=True) as answer:
            result = native.blocks(answer.pieces(), answer.exception_tag)
            for block in result:
                for name, values in zip(result.names, block, strict=True):
                    found.setdefault(name, []).extend(values)
        return found or {name: [] for name in self._names(sql, params, lane, external)}

    def scalar(
        self,
        sql: str,
        params: Params | None = None,
        *,
        lane: Lane = "screen",
        external: Externals | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """The first column of the first row; None where there is no row."""
        found = self.rows(sql, params, lane=lane, external=external, timeout_s=timeout_s)
        return found[0][0] if found else None

    def stream(
        self,
        sql: str,
        params: Params | None = None,
        *,
        lane: Lane = "screen",
        external: Externals | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Rows as they come, in memory of a few blocks; not going on to the end cancels the query.

        The lane's slot is held until the last row: take `decision` and a `timeout_s` for long exports.
        """
        with self._question(sql, params, lane, external, timeout_s, whole=False) as answer:
            for block in native.blocks(answer.pieces(), answer.exception_tag):
                yield from zip(*block, strict=True)

    def document(
        self,
        sql: str,
        params: Params | None = None,
        *,
        lane: Lane = "screen",
        external: Externals | None = None,
        timeout_s: float | None = None,
    ) -> bytes:
        """The result as one file, in the format that the statement names (`… FORMAT Parquet`)."""
        asked = self._asked(lane, timeout_s) | {"wait_end_of_query": "1"}
        with self._sent_question(
            asked, _bound(params), sql, external, lane, _time(lane, timeout_s)
        ) as answer:
            return _read(answer)

    def command(
        self,
        sql: str,
        params: Params | None = None,
        *,
        external: Externals | None = None,
        query_id: str | None = None,
        timeout_s: float | None = None,
    ) -> str:
        """Run a statement without a result (DDL, ALTER, INSERT … SELECT) in the writer's lane.

        Raises UnknownOutcome if the connection broke in the middle.
        """
        asked = self._asked("writer", timeout_s) | ({"query_id": query_id} if query_id else {})
        with self._sent_question(
            asked, _bound(params), sql, external, "writer", _time("writer", timeout_s), repeatable=False
        ) as answer:
            return _read(answer).decode(errors="replace")

    def insert(
        self,
        table: str,
        columns: Columns,
        *,
        types: Mapping[str, str] | None = None,
        query_id: str | None = None,
        timeout_s: float | None = None,
    ) -> int:
        """Insert columns as one block, on disk when this returns; the number of rows.

        Without `types` the table is asked for them first. UUID takes uuid.UUID or 16 bytes, DateTime64(3)
        takes aware datetimes or milliseconds, JSON takes text or dicts. Raises ValueError for values that
        do not fit, before anything is sent; UnknownOutcome if the connection broke in the middle.
        """
        if types is None:
            types = self.types(table)
        block = native.encode(columns, types)
        rows = len(next(iter(columns.values()), ()))
        if not rows:
            return 0
        head = f"INSERT INTO {_name(table)} ({', '.join(map(_quoted, columns))}) FORMAT Native\n"
        asked = self._asked("writer", timeout_s) | _INSERTING | {"query_id": query_id or str(uuid.uuid4())}
        with self._sent(
            asked, head.encode() + block, "writer", _time("writer", timeout_s), repeatable=False
        ) as answer:
            _read(answer)
        return rows

    def insert_batch(
        self,
        table: str,
        columns: Columns,
        types: Mapping[str, str],
        *,
        workspace_id: int,
        shard: int,
        batch_id: int,
        fresh: bool = False,
        patience_s: float = 10.0,
    ) -> int:
        """Insert a numbered batch exactly once, however often it is called; see `batches.insert`."""
        from tabiji.core.clickhouse import batches

        batch = batches.Batch(table, workspace_id, shard, batch_id)
        return batches.insert(self, batch, columns, types, fresh=fresh, patience_s=patience_s)

    def insert_missing(self, table: str, file: ExternalFile, span: Span, *, patience_s: float = 60.0) -> None:
        """Insert those rows of a file of numbered batches that the table lacks; see `batches.insert_missing`."""
        from tabiji.core.clickhouse import batches

        batches.insert_missing(self, table, file, span, patience_s=patience_s)

    def stored(self, table: str, span: Span) -> int:
        """How many rows of these batches a table has (superseded ones may be gone); what waits to write first."""
        from tabiji.core.clickhouse import batches

        return batches.stored(self, table, span)

    def types(self, table: str) -> dict[str, str]:
        """The types of the columns that a row of the table can be given, by name."""
        described = self.rows(f"DESCRIBE TABLE {_name(table)}", lane="writer")
        return {
            name: kind for name, kind, default, *_ in described if default not in ("ALIAS", "MATERIALIZED")
        }

    def ready(self) -> bool:
        """Whether it answers at all."""
        try:
            return bool(self.scalar("SELECT 1", lane="decision", timeout_s=3) == 1)
        except ClickHouseError:
            return False

    def close(self) -> None:
        """Close the idle connections; the next call opens new ones."""
        self._transport.close()

    @contextmanager
    def _question(
        self,
        sql: str,
        params: Params | None,
        lane: Lane,
        external: Externals | None,
        timeout_s: float | None,
        *,
        whole: bool,
    ) -> Iterator[Answer]:
        asked = self._asked(lane, timeout_s)
        if whole:
            asked["wait_end_of_query"] = "1"
        bound, text = _bound(params), f"{sql}\nFORMAT Native"
        with self._sent_question(asked, bound, text, external, lane, _time(lane, timeout_s)) as answer:
            if answer.status != 200:
                _read(answer)
            yield answer

    @contextmanager
    def _sent_question(
        self,
        asked: dict[str, str],
        bound: dict[str, str],
        text: str,
        external: Externals | None,
        lane: Lane,
        time_s: float,
        *,
        repeatable: bool = True,
    ) -> Iterator[Answer]:
        tables = [external] if isinstance(external, (External, ExternalFile)) else list(external or ())
        if tables or sum(map(len, bound.values())) > _LONG_URL:
            form = _Form()
            for name, value in {"query": text, **bound}.items():
                form.field(name, value)
            for table in tables:
                asked |= form.table(table)
            body, kind = form.body(), form.content_type
        else:
            asked, body, kind = asked | bound, text.encode(), "text/plain; charset=utf-8"
        with self._sent(asked, body, lane, time_s, repeatable=repeatable, content_type=kind) as answer:
            yield answer

    @contextmanager
    def _sent(
        self,
        asked: Mapping[str, str],
        body: bytes,
        lane: Lane,
        time_s: float,
        *,
        repeatable: bool,
        content_type: str = "application/octet-stream",
    ) -> Iterator[Answer]:
        headers = {"X-Tabiji-Lane": lane, "Content-Type": content_type}
        target = f"/?{urlencode(asked)}"
        try:
            with self._transport.post(
                target, body, headers, timeout_s=time_s + _WAIT_S, repeatable=repeatable
            ) as answer:
                yield answer
        except Broken as error:
            if repeatable:
                raise ClickHouseResting(
                    0, f"ClickHouse went away in the middle of its answer ({error})"
                ) from error
            raise UnknownOutcome(0, f"The connection broke before the answer ({error})") from error

    def _asked(self, lane: Lane, timeout_s: float | None) -> dict[str, str]:
        asked = {"database": self.database, "max_execution_time": f"{_time(lane, timeout_s):g}"}
        return asked if lane == "writer" else asked | {"readonly": "2"}

    def _names(self, sql: str, params: Params | None, lane: Lane, external: Externals | None) -> list[str]:
        """A Native answer without rows names no columns."""
        described = self.rows(f"DESCRIBE TABLE ({sql}\n)", params, lane=lane, external=external)
        return [row[0] for row in described]


def _read(answer: Answer) -> bytes:
    """The body of an answer. Raises what the server's refusal means."""
    body = answer.read()
    if answer.status == 200 and not answer.error_code:
        return body
    message = body.decode(errors="replace").strip() or f"HTTP {answer.status}"
    raise refused(answer.error_code, message, answer.status)


def _bound(params: Params | None) -> dict[str, str]:
    return {f"param_{name}": parameters.text(value) for name, value in (params or {}).items()}


def _time(lane: Lane, timeout_s: float | None) -> float:
    return _TIME_S[lane] if timeout_s is None else timeout_s


def _name(table: str) -> str:
    if not _NAME.match(table):
        raise ValueError(f"{table!r} is not the name of a table")
    return table


def _quoted(column: str) -> str:
    return "`" + column.replace("\\", "\\\\").replace("`", "\\`") + "`"


class _Form:
    """multipart/form-data: long parameters and external tables."""

    def __init__(self) -> None:
        self._boundary = uuid.uuid4().hex
        self._parts: list[bytes] = []

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    def field(self, name: str, value: str) -> None:
        self._add(f'name="{name}"', "", value.encode())

    def table(self, table: External | ExternalFile) -> dict[str, str]:
        """Adds the table; what the query string says about it."""
        name = _name(table.name)
        kind = "Content-Type: application/octet-stream\r\n"
        self._add(f'name="{name}"; filename="{name}"', kind, table.data)
        structure = ", ".join(f"{_quoted(column)} {kind}" for column, kind in table.types.items())
        return {f"{name}_format": table.format, f"{name}_structure": structure}

    def body(self) -> bytes:
        return b"".join(self._parts) + f"--{self._boundary}--\r\n".encode()

    def _add(self, disposition: str, headers: str, data: bytes) -> None:
        head = f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n"
        self._parts += [head.encode(), data, b"\r\n"]
