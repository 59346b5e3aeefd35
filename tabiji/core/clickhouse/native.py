"""ClickHouse's Native format, by the codec of the official client (its compiled readers and writers).

Only the codec is used: the official client's own insert writer imports pandas (2 s and 70 MB in every
process), and its transport sends an insert again by itself when the connection breaks.
"""

from __future__ import annotations

import re
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.common import write_leb128
from clickhouse_connect.driver.ctypes import RespBuffCls
from clickhouse_connect.driver.exceptions import Error
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.query import QueryContext, QueryResult
from clickhouse_connect.driver.transform import NativeTransform
from clickhouse_connect.driver.types import ByteSource

from tabiji.core.clickhouse.errors import refused

_json: Final = msgspec.json.Encoder()
_PIECES: Final = 8
_TAIL: Final = 16_384
_EXCEPTION: Final = re.compile(rb"Code: \d+\. DB::Exception: [^\0]*")


def encode(columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> bytes:
    """One block of the columns. Raises ValueError for lengths that differ or a value that does not fit.

    UUID takes uuid.UUID, 16 bytes or text; DateTime64 takes datetimes or integers of its own precision
    (milliseconds for 3), the faster of the two; JSON takes text, the faster, or dicts. One column holds
    one kind of value.
    """
    rows = _length(columns)
    kinds = [get_from_name(types[name]) for name in columns]
    context = InsertContext("", list(columns), kinds, server_tz=UTC)
    block = bytearray()
    write_leb128(len(columns), block)
    write_leb128(rows, block)
    for (name, values), kind in zip(columns.items(), kinds, strict=True):
        _write_text(name, block)
        _write_text(kind.insert_name, block)
        context.start_column(name)
        try:
            if kind.name == "UUID":
                block += _uuids(values)
            else:
                kind.write_column(_prepared(kind, values), block, context)
        except Exception as error:
            raise ValueError(f"the column {name} does not hold {types[name]}: {error}") from error
    return bytes(block)


def blocks(pieces: Iterator[bytes], exception_tag: str | None) -> Blocks:
    """Decode an answer. Raises ClickHouseError if the server's exception stands in it."""
    return Blocks(pieces, exception_tag)


class Blocks:
    """The columns of an answer, block by block; `names` and `types` are empty for an answer without rows."""

    def __init__(self, pieces: Iterator[bytes], exception_tag: str | None) -> None:
        context = QueryContext(column_oriented=True, tz_mode="aware", apply_server_tz=True)
        self._source = _Source(pieces, exception_tag)
        source = cast(ByteSource, cast(Any, RespBuffCls)(self._source))
        with _own_errors(self._source):
            self._result = cast(QueryResult, NativeTransform.parse_response(source, context))
        self.names: Sequence[str] = self._result.column_names
        self.types: Sequence[str] = [kind.name for kind in self._result.column_types]

    def __iter__(self) -> Iterator[Sequence[Sequence[Any]]]:
        if not self.names:
            return
        with _own_errors(self._source), self._result.column_block_stream as stream:
            yield from cast(Iterable[Sequence[Sequence[Any]]], stream)


class _Source:
    """The source of bytes as the codec expects it."""

    def __init__(self, pieces: Iterator[bytes], exception_tag: str | None) -> None:
        self.gen = self._remembering(pieces)
        self.exception_tag = exception_tag
        self.last_message: bytes | None = None
        self._last = deque[bytes](maxlen=_PIECES)

    def close(self) -> None:
        """The transport ends the connection itself."""

    def _remembering(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.last_message = piece
            self._last.append(piece)
            yield piece

    def exception(self) -> str:
        """What the server said at the end of an answer that it broke off, wherever the pieces were cut."""
        tail = b"".join(self._last)
        with suppress(Exception):
            for piece in self.gen:
                tail = (tail + piece)[-_TAIL:]
        found = _EXCEPTION.search(tail)
        return found.group().decode("utf-8", "replace") if found else ""


@contextmanager
def _own_errors(source: _Source) -> Iterator[None]:
    try:
        yield
    except Error as error:
        raise refused(getattr(error, "code", 0) or 0, str(error)) from error
    except (IndexError, ValueError, KeyError, TypeError) as error:
        # The codec finds an exception only within one piece, and takes a cut one for a block.
        if said := source.exception():
            raise refused(0, said) from error
        raise


def _prepared(kind: ClickHouseType, values: Sequence[Any]) -> Sequence[Any]:
    if kind.base_type == "JSON" and not all(type(value) is str for value in values):
        return [
            value if value is None or type(value) is str else _json.encode(value).decode() for value in values
        ]
    return values


def _uuids(values: Sequence[Any]) -> bytes:
    """Two little-endian halves each; a tenth of the codec's time."""
    first = values[0] if values else None
    if isinstance(first, UUID):
        raw = [value.bytes for value in values]
    elif isinstance(first, str):
        raw = [UUID(value).bytes for value in values]
    else:
        raw = [bytes(value) for value in values]
    if not all(len(value) == 16 for value in raw):
        raise ValueError("a UUID has 16 bytes")
    halves = array("Q", b"".join(raw))
    halves.byteswap()
    return halves.tobytes()


def _write_text(text: str, block: bytearray) -> None:
    encoded = text.encode()
    write_leb128(len(encoded), block)
    block += encoded


def _length(columns: Mapping[str, Sequence[Any]]) -> int:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns differ in length: {lengths}")
    return next(iter(lengths.values()), 0)
