"""Reading a file that somebody saved from a spreadsheet: its letters, its columns, its rows.

Encodings are tried strictly and in this order: byte-order mark, UTF-8, CP932 (Windows-31J: ①㈱髙 are
not in Shift_JIS). UTF-8 bytes often pass for CP932, the other way round practically never, so the
order decides; a colleague may say otherwise. A file that cannot be read changes nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tabiji.people import naming

MAX_BYTES: Final = 50_000_000
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 5_000
ENCODINGS: Final = ("utf-8", "cp932", "utf-16", "euc_jp")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


class UnreadableFile(ValueError):
    """The file cannot be read. code: empty, too_large, encoding, too_many_rows, too_many_columns, no_rows, quotes."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Table:
    """header: as in the file; rows: cells in the header's order, padded or cut to its width."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read(content: bytes, *, encoding: str = "", delimiter: str = "") -> Table:
    """The whole file, checked; raises UnreadableFile before anything was done with it."""
    if not content.strip():
        raise UnreadableFile("empty")
    if len(content) > MAX_BYTES:
        raise UnreadableFile("too_large", most_mb=MAX_BYTES // 1_000_000)
    chosen, text = decode(content, encoding)
    first_line = text.split("\n", 1)[0]
    mark = delimiter or max(",\t;", key=first_line.count)
    rows = _rows(text, mark)
    try:
        header = tuple(name.strip() for name in next(rows))
    except StopIteration:
        raise UnreadableFile("no_rows") from None
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile("too_many_columns", most=MAX_COLUMNS)
    body: list[tuple[str, ...]] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(body) >= MAX_ROWS:
            raise UnreadableFile("too_many_rows", most=MAX_ROWS)
        cells = [cell.replace("\x00", "").strip()[:MAX_CELL] for cell in row[: len(header)]]
        body.append((*cells, *[""] * (len(header) - len(cells))))
    if not body:
        raise UnreadableFile("no_rows")
    return Table(chosen, mark, header, tuple(body))


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """(encoding, text). A stated encoding is taken at its word. Raises UnreadableFile."""
    if encoding:
        return encoding, _strictly(content, encoding)
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return marked, _strictly(content, marked)
    for candidate in ("utf-8", "cp932"):
        try:
            return candidate, content.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("encoding", tried="UTF-8, CP932")


def suggest(header: Sequence[str]) -> dict[int, str]:
    """Column number to field, by the names that common tools give their columns (Eight, Sansan, spreadsheets)."""
    found: dict[int, str] = {}
    for number, name in enumerate(header):
        field = _ALIASES.get(naming.search_form(name))
        if field and field not in found.values():
            found[number] = field
    return found


def write(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "utf-8-sig"
) -> Iterator[bytes]:
    """A file for a spreadsheet, piece by piece: no cell is taken for a formula, unmappable letters become 〓."""
    yield codecs.BOM_UTF8 if encoding == "utf-8-sig" else b""
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    for row in itertools.chain([header], rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([safe(cell) for cell in row])
        yield line.getvalue().encode(plain, "tabiji_geta")


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise UnreadableFile("encoding", tried=encoding) from None


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile("quotes", line=reader.line_num, why=str(error)) from None


def _geta(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "〓" * (error.end - error.start), error.end


codecs.register_error("tabiji_geta", _geta)
_ALIASES: Final = {
    naming.search_form(alias): field
    for field, aliases in {
        "last_name": ("姓", "苗字", "名字", "氏", "last name", "lastname", "氏名[姓]"),
        "first_name": ("名", "first name", "firstname", "氏名[名]"),
        "full_name": ("氏名", "名前", "お名前", "担当者名", "name", "full name"),
        "last_kana": ("セイ", "姓カナ", "姓(カナ)", "苗字(ふりがな)", "姓ふりがな"),
        "first_kana": ("メイ", "名カナ", "名(カナ)", "名前(ふりがな)", "名ふりがな"),
        "email": ("メール", "メールアドレス", "e-mail", "email", "mail", "email1", "mail address"),
        "phone": ("携帯電話", "携帯", "電話", "電話番号", "tel直通", "tel", "tel1", "phone", "mobile"),
        "company": ("会社", "会社名", "企業名", "勤務先", "company", "取引先会社名"),
        "department": ("部署", "部署名", "所属", "department"),
        "title": ("役職", "肩書", "肩書き", "title", "job title"),
        "source": ("獲得元", "流入元", "ソース", "source"),
        "exchanged_on": ("名刺交換日", "交換日"),
        "user_id": ("会員番号", "会員id", "顧客id", "user id", "userid", "member no"),
    }.items()
    for alias in aliases
}
