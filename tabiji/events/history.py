"""History by file: up to a million events, taken in piece by piece; with progress, cancelling and a file of
the lines that were refused.

A file is cut into pieces while it is stored, in one transaction: one that cannot be read leaves nothing.
The worker then takes a piece in a transaction of its own (events accepted, refusals kept, the piece gone),
so a restart goes on where it was. The same line is the same event: its message id, or a hash of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, Final

import msgspec
import psycopg
import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from tabiji.core import clock, loops, postgres
from tabiji.events import history_lines, inlet, normalising, watermark
from tabiji.events.contracts import Envelope
from tabiji.events.history_lines import Cells, NoEvent, Reading, Told, Trouble
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import identity, tables
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace

SOURCE: Final = "import"
PIECE: Final = 5_000
MOST_REFUSALS: Final = 10_000
"""Kept with their lines; the rest is only counted."""
_MOST_LETTERS: Final = 50_000_000
"""Of all refused lines that are kept; each is kept whole, so that it can be mended."""
_PIECE_LETTERS: Final = 4_000_000
_LIVE_FIRST: Final = timedelta(seconds=2)
"""While what arrives now waits longer than this, the past waits with it."""
_NO_DATABASE: Final = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
_COLUMNS: Final = (
    "id, name, kind, header, state, is_cancelled, lines_total, lines_taken, lines_refused, by_id, at,"
    " finished_at, error"
)
log = structlog.get_logger()


class NoSuchHistory(LookupError):
    """No file of history of this id in this workspace."""


@dataclass(frozen=True, slots=True)
class HistoryInfo:
    """lines_taken and lines_refused add up to what is done of lines_total."""

    id: int
    name: str
    kind: str
    header: list[str]
    state: str
    is_cancelled: bool
    lines_total: int
    lines_taken: int
    lines_refused: int
    by: int | None
    at: datetime
    finished_at: datetime | None
    error: str

    @property
    def lines_done(self) -> int:
        return self.lines_taken + self.lines_refused


def bring(name: str, file: IO[bytes], *, actor: Actor, now: datetime) -> int:
    """Keep a file of events and let the worker take it in. Raises people.tables.UnreadableFile."""
    with transaction.atomic():  # a line that cannot be read may stand at its end
        made, lines = _store(name, file, actor, now)
    postgres.execute("SELECT pg_notify('tabiji_history', '')")
    audit.record(actor, "upload", "import", made, values={"name": name[:200], "rows": lines})
    return made


def cancel(history_id: int, *, actor: Actor) -> None:
    """Stop after the piece under way; what was taken in stays. Raises NoSuchHistory."""
    get(history_id)
    changed = postgres.execute(
        "UPDATE history_file SET is_cancelled = true WHERE id = %s AND state = 'running' AND NOT is_cancelled",
        [history_id],
    )
    if changed:
        audit.record(actor, "cancel", "import", history_id)


def get(history_id: int) -> HistoryInfo:
    """Raises NoSuchHistory."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM history_file WHERE id = %s", [history_id])
    if row is None:
        raise NoSuchHistory(f"there is no file of history {history_id} here")
    return HistoryInfo(*row)


def list_newest(limit: int = 50) -> list[HistoryInfo]:
    rows = postgres.rows("SELECT " + _COLUMNS + " FROM history_file ORDER BY id DESC LIMIT %s", [limit])
    return [HistoryInfo(*row) for row in rows]


def refusals(history_id: int) -> list[tuple[int, str, Cells]]:
    """(line in the file, reason, cells) of the lines that were not taken in, at most MOST_REFUSALS."""
    get(history_id)
    return [
        (line, reason, cells)
        for line, reason, cells in postgres.rows(
            "SELECT line, reason, cells FROM history_refusal WHERE history_file_id = %s ORDER BY line",
            [history_id],
        )
    ]


def refusal_file(history_id: int, said: Callable[[str], str]) -> Iterator[bytes]:
    """The lines that were refused, as they came, to be mended and brought in again: a CSV with the number of
    the line and the reason in its last columns, or NDJSON with `_line` and `_reason`. said: a reason in words.
    """
    found = get(history_id)
    if found.kind == "ndjson":
        return (
            _with_notes(cells[0], line, said(reason)) + b"\n" for line, reason, cells in refusals(history_id)
        )
    header = [*found.header, _("Line"), _("Reason of the error")]
    width = len(found.header)
    rows = (
        [*(cells[:width] + [""] * (width - len(cells))), str(line), said(reason)]
        for line, reason, cells in refusals(history_id)
    )
    return tables.write(header, rows)


def carry_on(now: datetime) -> int:
    """Take the next piece of the oldest file of the scope's workspace; how much was done.

    Passes over a file that another worker has in its hands. A file whose piece cannot be taken has failed:
    what was taken in before stays, and the page says why. Raises only when the database itself is gone.
    """
    row = postgres.find_row(
        "SELECT id FROM history_file WHERE state = 'running' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    if row is None:
        return 0
    found = get(row[0])
    try:
        with transaction.atomic():  # the lock on the file's row outlives what fails in it
            return _next_piece(found, now)
    except _NO_DATABASE:
        raise
    except Exception as error:
        # Trying the same piece for ever would help nobody.
        log.exception("history_failed", workspace=postgres.workspace_id(), file=found.id)
        _finish(found.id, "failed", now, str(error)[:500])
        return 1


def tick() -> int:
    """The worker's turn: one piece of each workspace that has one."""
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM running_history()"):
        with postgres.workspace_scope(workspace_id):
            if watermark.lag() <= _LIVE_FIRST:
                done += carry_on(workspace.business_now())
    return done


def _store(name: str, file: IO[bytes], actor: Actor, now: datetime) -> tuple[int, int]:
    """(file, its lines)."""
    opened = history_lines.opened(file)
    made: int = postgres.scalar(
        "INSERT INTO history_file (workspace_id, name, kind, header, by_id, at)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [
            postgres.workspace_id(),
            name[:200],
            opened.kind,
            postgres.json(list(opened.header)),
            actor.user_id or None,
            now,
        ],
    )
    lines = 0
    for piece in _pieces(opened.lines):
        lines += len(piece)
        if lines > history_lines.MAX_LINES:
            raise tables.UnreadableFile("too_many_rows", most=history_lines.MAX_LINES)
        postgres.execute(
            "INSERT INTO history_piece (workspace_id, history_file_id, body) VALUES (%s, %s, %s)",
            [postgres.workspace_id(), made, zlib.compress(_pack(piece), 1)],
        )
    if not lines:
        raise tables.UnreadableFile("no_rows")
    postgres.execute("UPDATE history_file SET lines_total = %s WHERE id = %s", [lines, made])
    return made, lines


def _next_piece(found: HistoryInfo, now: datetime) -> int:
    piece = postgres.find_row(
        "SELECT id, body FROM history_piece WHERE history_file_id = %s ORDER BY id LIMIT 1", [found.id]
    )
    if piece is None or found.is_cancelled:
        _finish(found.id, "cancelled" if found.is_cancelled else "done", now)
        return 1
    taken, refused = _take(found, _unpack(zlib.decompress(piece[1])), now)
    postgres.execute("DELETE FROM history_piece WHERE id = %s", [piece[0]])
    postgres.execute(
        "UPDATE history_file SET lines_taken = lines_taken + %s, lines_refused = lines_refused + %s WHERE id = %s",
        [taken, refused, found.id],
    )
    return taken + refused


def _take(found: HistoryInfo, lines: Sequence[tuple[int, Cells]], now: datetime) -> tuple[int, int]:
    """(taken in, refused)."""
    reading = Reading(found.header, workspace.current().zone)
    refused: list[tuple[int, str, Cells]] = []
    told: list[Told] = []
    for line, cells in lines:
        try:
            told.append(reading.told(line, cells))
        except NoEvent as no:
            refused.append((line, no.reason, cells))
    told, unknown = _with_people(told)
    refused += [(one.line, Trouble.UNKNOWN_PHONE.value, one.cells) for one in unknown]
    events = []
    for one in told:
        reason = _objection(one.event, now)
        if reason:
            refused.append((one.line, reason, one.cells))
        else:
            events.append(one.event)
    inlet.accept(events, source=SOURCE, is_history=True)
    _keep(found, refused)
    return len(events), len(refused)


def _with_people(told: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """(those whose person is found, those whose phone is nobody's). A phone finds people, it makes none."""
    wanted = {Identifier(IdentifierKind.PHONE, one.phone) for one in told if one.phone}
    owners = identity.find(wanted)
    names: dict[Any, tuple[str, str]] = {
        person: (kind, value)
        for person, kind, value in postgres.rows(
            "SELECT DISTINCT ON (person_id) person_id, kind, value FROM identity"
            " WHERE person_id = ANY(%s) AND kind IN ('user', 'email') ORDER BY person_id, kind DESC, id",
            [list(set(owners.values()))],
        )
    }
    found, unknown = [], []
    for one in told:
        owner = owners.get(Identifier(IdentifierKind.PHONE, one.phone)) if one.phone else None
        if one.phone and owner not in names:
            unknown.append(one)
            continue
        if one.phone:
            kind, value = names[owner]
            try:
                one.event = (
                    {**one.event, "userId": value}
                    if kind == "user"
                    else history_lines.by_address(one.event, value)
                )
            except NoEvent:
                unknown.append(one)
                continue
        found.append(one)
    return found, unknown


def _objection(event: dict[str, Any], now: datetime) -> str:
    """Why the stream would not take this event in as it stands; empty if it would."""
    own = event.get("properties")
    if isinstance(own, dict) and "claimed_at" in own:  # the sender's own is no mark of ours
        event = {**event, "properties": {**own, "claimed_at": None}}
    try:
        raw = msgspec.json.encode(event)
        envelope = Envelope(SOURCE, "", "", "", [raw], True)
        normal = normalising.normalise(raw, envelope, clock.to_ms(now), 0, "")
    except normalising.Refused as refused:
        return refused.reason.value
    # Elsewhere an impossible date becomes now; history without its date is none.
    return Trouble.BAD_DATE.value if normal.props.get("claimed_at") else ""


def _keep(found: HistoryInfo, refused: Sequence[tuple[int, str, Cells]]) -> None:
    kept = []
    room = _MOST_LETTERS - _letters_kept(found) if refused else 0
    for one in refused[: max(MOST_REFUSALS - found.lines_refused, 0)]:
        room -= sum(map(len, one[2]))
        if room < 0:
            break
        kept.append(one)
    postgres.execute(
        "INSERT INTO history_refusal (workspace_id, history_file_id, line, reason, cells)"
        " SELECT %s, %s, * FROM unnest(%s::integer[], %s::text[], %s::jsonb[]) ON CONFLICT DO NOTHING",
        [
            postgres.workspace_id(),
            found.id,
            [line for line, *_ in kept],
            [reason for _, reason, _ in kept],
            [postgres.json([cell.replace("\x00", "") for cell in cells]) for *_, cells in kept],
        ],
    )


def _letters_kept(found: HistoryInfo) -> int:
    kept: int = postgres.scalar(
        "SELECT coalesce(sum(length(cells::text)), 0)::bigint FROM history_refusal WHERE history_file_id = %s",
        [found.id],
    )
    return kept


def _with_notes(text: str, line: int, reason: str) -> bytes:
    """A line of NDJSON that can be read whatever the line was."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        told = {history_lines.AS_IT_CAME: text}
    return msgspec.json.encode({**told, **dict(zip(history_lines.NOTES, (line, reason), strict=True))})


def _finish(history_id: int, state: str, now: datetime, error: str = "") -> None:
    postgres.execute(
        "UPDATE history_file SET state = %s, finished_at = %s, error = %s WHERE id = %s",
        [state, now, error, history_id],
    )
    postgres.execute("DELETE FROM history_piece WHERE history_file_id = %s", [history_id])


def _pieces(lines: Iterator[tuple[int, Cells]]) -> Iterator[list[tuple[int, Cells]]]:
    piece: list[tuple[int, Cells]] = []
    letters = 0
    for one in lines:
        piece.append(one)
        letters += sum(map(len, one[1]))
        if len(piece) >= PIECE or letters > _PIECE_LETTERS:
            yield piece
            piece, letters = [], 0
    if piece:
        yield piece


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[tuple[int, Cells]]).decode
loops.register("history", tick, idle_s=5.0, channel="tabiji_history")
