"""From an HTTP request to a query: the statement, its typed parameters, its settings, its external tables."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tabiji.runtime.clickhouse import compression, multipart, statements
from tabiji.runtime.clickhouse.engine import ExternalTable
from tabiji.runtime.clickhouse.faults import BAD_ARGUMENTS, SYNTAX_ERROR, EngineError
from tabiji.runtime.clickhouse.wire import Request

MAX_SQL: Final = 16 << 20
MAX_FORM: Final = 256 << 20
_HEAD_OF_INSERT: Final = 1 << 20
_QUERY_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}\Z")

# Query-string names that ClickHouse's HTTP interface takes for itself; the rest are settings.
_RESERVED: Final = frozenset(
    {
        *("query", "query_id", "database", "default_format", "wait_end_of_query", "client_protocol_version"),
        *("user", "password", "quota_key", "role", "stacktrace", "buffer_size", "compress", "decompress"),
        *("session_id", "session_timeout", "session_check", "close_session", "add_http_cors_header"),
        *("enable_http_compression", "http_zlib_compression_level", "send_progress_in_http_headers"),
        *("http_headers_progress_interval_ms", "http_write_exception_in_output_format"),
        "cancel_http_readonly_queries_on_client_close",
    }
)
_EXTERNAL: Final = ("format", "structure", "types")


@dataclass(frozen=True, slots=True)
class Query:
    id: str
    sql: str
    database: str
    format: str
    params: dict[str, str]
    settings: dict[str, str]
    tables: list[ExternalTable]
    insert: statements.Insert | None
    data: Iterator[bytes]
    """What an INSERT brings along; empty for every other statement."""
    whole: bool
    """Whether the client wants to know that all went well before the first byte."""


def read(request: Request, database: str) -> Query:
    """The query in a request, its body read except for the data of an INSERT.

    Raises EngineError, wire.ClientLeft, wire.BadRequest.
    """
    asked = dict(request.query)
    if asked.get("compress", "0") != "0" or asked.get("decompress", "0") != "0":
        raise EngineError(BAD_ARGUMENTS, "compress=1 and decompress=1 are not served; use Content-Encoding")
    chunks = compression.decompressed(request.body(), request.headers.get("content-encoding", "").lower())
    files: list[multipart.Part] = []
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        files = _read_form(request, chunks, asked)
        chunks = iter(())
    text, insert, data = _statement(asked.get("query", "").encode("utf-8", "surrogateescape"), chunks)
    return Query(
        id=_query_id(asked.get("query_id", "")),
        sql=_decoded(text),
        database=asked.get("database") or request.headers.get("x-clickhouse-database") or database,
        format=_format(request, asked, text),
        params={name[6:]: value for name, value in asked.items() if name.startswith("param_")},
        settings=_settings(asked, files),
        tables=[_table(file, asked) for file in files],
        insert=insert,
        data=data,
        whole=asked.get("wait_end_of_query", "0") != "0",
    )


def _read_form(request: Request, chunks: Iterator[bytes], asked: dict[str, str]) -> list[multipart.Part]:
    """Adds the form's fields to what was asked and returns its files."""
    try:
        parts = multipart.parts(request.headers["content-type"], _all(chunks, MAX_FORM, "form"))
    except ValueError as error:
        raise EngineError(BAD_ARGUMENTS, f"The form cannot be read: {error}") from None
    for part in parts:
        if not part.is_file:
            asked[part.name] = part.data.decode("utf-8", "surrogateescape")
    return [part for part in parts if part.is_file]


def _statement(
    text: bytes, chunks: Iterator[bytes]
) -> tuple[bytes, statements.Insert | None, Iterator[bytes]]:
    """The text of the statement, and where it is an INSERT with data, its parts and the data."""
    if text:
        text += b"\n"
    for chunk in chunks:
        text += chunk
        insert = statements.split_insert(text[:_HEAD_OF_INSERT])
        if insert:
            return text[: insert.data_at], insert, _data(text[insert.data_at :], chunks)
        if len(text) > MAX_SQL:
            raise EngineError(SYNTAX_ERROR, f"The statement is longer than {MAX_SQL >> 20} MiB")
    insert = statements.split_insert(text)
    if insert:
        return text[: insert.data_at], insert, _data(text[insert.data_at :], chunks)
    if not text.strip():
        raise EngineError(SYNTAX_ERROR, "Empty query")
    return _one(text), None, iter(())


def _data(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _one(text: bytes) -> bytes:
    return text.strip().rstrip(b";").rstrip()


def _format(request: Request, asked: dict[str, str], text: bytes) -> str:
    default = asked.get("default_format") or request.headers.get("x-clickhouse-format") or "TabSeparated"
    name = statements.format_of(text) or default
    if not name.isidentifier():
        raise EngineError(BAD_ARGUMENTS, f"{name!r} is not the name of a format")
    return name


def _settings(asked: dict[str, str], files: list[multipart.Part]) -> dict[str, str]:
    of_tables = {f"{file.name}_{what}" for file in files for what in _EXTERNAL}
    return {
        name: value
        for name, value in asked.items()
        if name not in _RESERVED and name not in of_tables and not name.startswith("param_")
    }


def _table(file: multipart.Part, asked: dict[str, str]) -> ExternalTable:
    structure = asked.get(f"{file.name}_structure")
    if not structure:
        types = asked.get(f"{file.name}_types", "")
        structure = ", ".join(f"_{place} {kind}" for place, kind in enumerate(_split_types(types), start=1))
    if not structure:
        raise EngineError(BAD_ARGUMENTS, f"The external table {file.name!r} has neither structure nor types")
    return ExternalTable(file.name, structure, asked.get(f"{file.name}_format", "TabSeparated"), file.data)


def _split_types(types: str) -> list[str]:
    """`Array(UInt8),Map(String, String)` by the commas outside parentheses."""
    found, depth = [""], 0
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [kind.strip() for kind in found if kind.strip()]


def _query_id(asked: str) -> str:
    return asked if _QUERY_ID.match(asked) else str(uuid.uuid4())


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise EngineError(SYNTAX_ERROR, "The statement is not UTF-8; bind the value as a parameter") from None


def _all(chunks: Iterator[bytes], limit: int, what: str) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise EngineError(BAD_ARGUMENTS, f"The {what} is larger than {limit >> 20} MiB")
    return bytes(body)
