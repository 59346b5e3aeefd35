"""A file of history, line by line: its letters, its columns, and the event that a line tells.

NDJSON holds events of the Segment spec, one a line; CSV has a header. Encodings are tried strictly, as in
people's imports. Memory is bounded by a line, whatever the file is.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import IO, Any, Final, Literal

import msgspec

from tabiji.events import normalising
from tabiji.people.public import naming, tables

MAX_BYTES: Final = 1_000_000_000
MAX_LINES: Final = 1_000_000
MAX_LINE: Final = 65_536
"""Letters."""
_CHUNK: Final = 1 << 20
NOTES: Final = ("_line", "_reason")
"""Beside a refused line of NDJSON: its number and why. Brought in again, they mean nothing."""
AS_IT_CAME: Final = "_text"
"""Where a refused line stands that is no JSON object."""
_NOTE_COLUMNS: Final = frozenset({("Line", "Reason of the error"), ("行", "エラーの理由")})
_PAGES: Final = ("page", "screen")
_NAMED: Final = {
    "identify": normalising.IDENTIFIED,
    **dict.fromkeys(_PAGES, normalising.PAGE_VIEWED),
    "group": "group",
}
"""What events of these types are called."""
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?")

Cells = list[str]
"""Of a CSV line its cells; of NDJSON the line itself, alone."""


class Trouble(StrEnum):
    """Why a line of a file is no event, beside the reasons of every inlet. Closed."""

    NO_DATE = "no_date"
    BAD_DATE = "bad_date"
    NO_PERSON = "no_person"
    UNKNOWN_PHONE = "unknown_phone"


class NoEvent(ValueError):
    """This line tells no event; `reason` is a Trouble or a contracts.Reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Opened:
    """kind; header: the columns of a CSV, empty for NDJSON; lines: (number in the file, cells)."""

    kind: Literal["csv", "ndjson"]
    header: tuple[str, ...]
    lines: Iterator[tuple[int, Cells]]


@dataclass(slots=True)
class Told:
    """An event that a line tells. phone: by which its person is still to be found, else empty."""

    line: int
    cells: Cells
    event: dict[str, Any]
    phone: str = ""


def opened(file: IO[bytes]) -> Opened:
    """The file from its beginning. Raises tables.UnreadableFile, here or while its lines are read."""
    size = file.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise tables.UnreadableFile("too_large", most_mb=MAX_BYTES // 1_000_000)
    encoding = _encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    numbered = _lines(text)
    first = next(((number, line) for number, line in numbered if line.strip()), None)
    if first is None:
        raise tables.UnreadableFile("empty")
    if first[1].lstrip().startswith("{"):
        return Opened("ndjson", (), _of_ndjson(first, numbered))
    header, rows = _of_csv(first, numbered)
    return Opened("csv", header, rows)


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """The columns with a meaning of their own. Raises tables.UnreadableFile where one is missing."""
    found: dict[str, int] = {}
    for number, name in enumerate(header):
        meaning = _ALIASES.get(naming.search_form(name))
        if meaning and meaning not in found:
            found[meaning] = number
    for needed in ({"event"}, {"timestamp"}, {"email", "phone", "user_id", "anonymous_id"}):
        if not needed & set(found):
            raise tables.UnreadableFile("columns", missing=" / ".join(sorted(needed)))
    return found


@dataclass(slots=True)
class Reading:
    """What a file's lines mean. zone: of dates without one, in a CSV."""

    header: Sequence[str]
    zone: tzinfo
    _columns: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._columns = columns_of(self.header) if self.header else {}

    def told(self, line: int, cells: Cells) -> Told:
        """Raises NoEvent."""
        return self._of_cells(line, cells) if self.header else self._of_json(line, cells)

    def _of_cells(self, line: int, cells: Cells) -> Told:
        own = {name: cells[number].strip() for name, number in self._columns.items() if number < len(cells)}
        meant = set(self._columns.values())
        properties = {
            name: _value(cell)
            for number, (name, cell) in enumerate(zip(self.header, cells, strict=False))
            if number not in meant and name and cell.strip()
        }
        event = {"type": "track", "event": own.get("event", ""), "properties": properties}
        event["timestamp"] = self._moment(own.get("timestamp", ""))
        for name, key in (
            ("user_id", "userId"),
            ("anonymous_id", "anonymousId"),
            ("message_id", "messageId"),
        ):
            if own.get(name):
                event[key] = own[name]
        if not event.get("messageId"):
            event["messageId"] = _id_of([*self.header, *cells])
        return _whose(line, cells, event, own.get("email", ""), own.get("phone", ""))

    def _moment(self, text: str) -> str:
        if not text:
            raise NoEvent(Trouble.NO_DATE)
        try:
            moment: datetime | None = datetime.fromisoformat(text)
        except ValueError:
            moment = _loose(text)
        if moment is None:
            raise NoEvent(Trouble.BAD_DATE)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).isoformat()

    def _of_json(self, line: int, cells: Cells) -> Told:
        try:
            event = _line.decode(cells[0])
            if isinstance(event.get(AS_IT_CAME), str):
                event = _line.decode(event[AS_IT_CAME])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise NoEvent("bad_json") from None
        for note in NOTES:
            event.pop(note, None)
        if not event.get("messageId"):
            event["messageId"] = _id_of(cells)
        if not event.get("timestamp"):
            raise NoEvent(Trouble.NO_DATE)
        traits = event.get("traits")
        given = traits if isinstance(traits, dict) else {}
        email, phone = (str(event.pop(name, "") or given.get(name) or "") for name in ("email", "phone"))
        if phone and event.get("type") == "identify":
            event["traits"] = {**given, "phone": phone}
        return _whose(line, cells, event, email, phone)


def _whose(line: int, cells: Cells, event: dict[str, Any], email: str, phone: str) -> Told:
    """The event with what finds its person. An address that is none is as good as none."""
    key = naming.email_key(email)
    if key:
        return Told(line, cells, by_address(event, key))
    if event.get("userId") or event.get("anonymousId"):
        return Told(line, cells, event)
    number = naming.phone_key(phone) if phone else ""
    if not number:
        raise NoEvent(Trouble.NO_PERSON)
    return Told(line, cells, event, number)


def by_address(event: dict[str, Any], email: str) -> dict[str, Any]:
    """The event as the type that may say whose it is by an address, as a form does; its name stays.

    Raises NoEvent for one that joins two numbers, which no address says.
    """
    kind = event.get("type") or "track"
    traits = event.get("traits")
    told = {**event, "traits": {**(traits if isinstance(traits, dict) else {}), "email": email}}
    if kind == "track":
        return {**told, "type": "form"}
    if kind == "alias" and not event.get("userId"):
        raise NoEvent(Trouble.NO_PERSON)
    if not isinstance(kind, str) or kind not in _NAMED or (kind == "identify" and event.get("userId")):
        return told
    props = event.get("properties")
    if kind in _PAGES and isinstance(event.get("name"), str) and isinstance(props or {}, dict):
        told["properties"] = {"title": event["name"], **(props or {})}
    return {**told, "type": "form", "event": _NAMED[kind]}


def _id_of(texts: Sequence[str]) -> str:
    """The same line of the same columns is the same event."""
    return "file-" + hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:40]


def _value(cell: str) -> Any:
    """Numbers as numbers, so that they can be summed; what begins with a zero is a code and stays text."""
    text = cell.strip()
    match = _NUMBER.fullmatch(_plain(text))
    if match is None:
        return text[:5_000]
    return float(text) if match[2] else int(text)


def _loose(text: str) -> datetime | None:
    """Dates as spreadsheets of this country write them: 2026/4/28 9:05."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    if not 3 <= len(parts) <= 6 or not re.fullmatch(r"[\d/:\-. T]+", text):
        return None
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


# -- letters and lines -------------------------------------------------------------------------------


def _encoding_of(file: IO[bytes]) -> str:
    file.seek(0)
    start = file.read(4)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    tried = [marked] if marked else ["utf-8", "cp932"]
    for encoding in tried:
        if _is_readable(file, encoding):
            if encoding == "cp932" and _is_euc_jp(file):
                raise tables.UnreadableFile("euc_jp")
            return encoding
    raise tables.UnreadableFile("encoding", tried=", ".join(tried))


def _is_readable(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _is_euc_jp(file: IO[bytes]) -> bool:
    """Whether what passes for CP932 is EUC-JP, whose letters are half-width kana there."""
    if not _is_readable(file, "euc_jp"):
        return False
    file.seek(0)
    start = codecs.getincrementaldecoder("cp932")().decode(file.read(_CHUNK))
    letters = [letter for letter in start if not letter.isascii()]
    return 2 * sum("\uff61" <= letter <= "\uff9f" for letter in letters) > len(letters)


def _lines(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """Lines with their ends; of one that is too long the beginning, which says so by its length."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith("\n"):
            rest = text.readline(MAX_LINE + 1)
        yield number, line


def _of_ndjson(first: tuple[int, str], numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, Cells]]:
    yield first[0], [first[1].strip()]
    for number, line in numbered:
        if line.strip():
            yield number, [line.strip()]


def _of_csv(
    first: tuple[int, str], numbered: Iterator[tuple[int, str]]
) -> tuple[tuple[str, ...], Iterator[tuple[int, Cells]]]:
    at = [first[0]]

    def lines() -> Iterator[str]:
        yield first[1]
        for number, line in numbered:
            if len(line) > MAX_LINE:
                raise tables.UnreadableFile("quotes", line=number, why="too long")
            at[0] = number
            yield line

    delimiter = max(",\t;", key=first[1].count)
    reader = csv.reader(lines(), delimiter=delimiter, strict=True)

    def rows() -> Iterator[tuple[int, Cells]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise tables.UnreadableFile("quotes", line=at[0], why=str(error)) from None
            if any(cell.strip() for cell in cells):
                yield at[0], [cell.replace("\x00", "") for cell in cells]

    body = rows()
    header = tuple(name.strip()[:200] for name in next(body)[1])
    if header[-2:] in _NOTE_COLUMNS:
        header = tuple(map(_plain, header[:-2]))
        body = _as_sent(body, len(header))
    if len(header) > tables.MAX_COLUMNS:
        raise tables.UnreadableFile("too_many_columns", most=tables.MAX_COLUMNS)
    columns_of(header)
    return header, body


def _as_sent(body: Iterator[tuple[int, Cells]], width: int) -> Iterator[tuple[int, Cells]]:
    """Rows of a file of refused lines, without what it wrote beside them."""
    for number, cells in body:
        yield number, [_plain(cell) for cell in cells[:width]]


def _plain(cell: str) -> str:
    """A cell without the apostrophe of tables.safe."""
    return cell[1:] if cell.startswith("'") and tables.safe(cell[1:]) == cell else cell


_line = msgspec.json.Decoder(dict[str, Any])
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALIASES: Final[Mapping[str, str]] = {
    naming.search_form(alias): meaning
    for meaning, aliases in {
        "event": ("event", "event name", "event_name", "行動", "行動名", "イベント"),
        "timestamp": ("timestamp", "date", "time", "occurred_at", "日時", "発生日時", "発生日", "日付"),
        "message_id": ("message id", "message_id", "messageId"),
        "email": ("email", "e-mail", "mail", "メール", "メールアドレス"),
        "phone": ("phone", "tel", "mobile", "電話", "電話番号", "携帯", "携帯電話"),
        "user_id": (
            "user id",
            "user_id",
            "userId",
            "customer number",
            "customer_id",
            "会員番号",
            "顧客番号",
            "顧客id",
        ),
        "anonymous_id": ("anonymous id", "anonymous_id", "anonymousId"),
    }.items()
    for alias in aliases
}
