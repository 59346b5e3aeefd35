"""Importing people: read, map, try, carry out; with progress, cancelling, and a file of what failed.

uploaded → (mapping and dry run, as often as wanted) → running → done | cancelled | failed. A running
import goes on chunk by chunk after a stored row number, each chunk one transaction: a restart goes on
where it was, and a row is never taken twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import psycopg
from django.utils.translation import gettext as _

from tabiji.core import facts, ids, paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.people import consent, fields, identity, lists, matching, naming, persons, tables
from tabiji.people.contracts import Basis, ConsentAct, FieldInfo, FieldUpdate, Identifier, IdentifierKind
from tabiji.people.tables import Table
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, notices, workspace

CHUNK: Final = 2_000
SPECIAL: Final = ("full_name", "exchanged_on", "user_id")
"""Columns that are no field: a name to be split, a day, a member number."""
_COLUMNS: Final = (
    "id, name, state, encoding, delimiter, mapping, options, counts, rows_total, rows_done, by_id, created_at, at,"
    " finished_at, cancelled, error"
)


class NoSuchImport(LookupError):
    """No import of this id in this workspace."""


class NotReady(ValueError):
    """The import cannot start like this; the message says what is missing."""


class CannotGoOn(Exception):
    """A running import met what trying again would not mend: a field that is gone, a value nobody can keep."""

    def __init__(self, import_id: int, why: str) -> None:
        super().__init__(why)
        self.import_id = import_id
        self.why = why


@dataclass(frozen=True, slots=True)
class ImportInfo:
    id: int
    name: str
    state: str
    encoding: str
    delimiter: str
    mapping: dict[str, str]
    """Column number (as text) to field."""
    options: dict[str, Any]
    counts: dict[str, int]
    rows_total: int
    rows_done: int
    by: int | None
    created_at: datetime
    at: datetime
    finished_at: datetime | None
    cancelled: bool
    error: str


@dataclass(frozen=True, slots=True)
class Options:
    """overwrite: values of the file go before what is known; else they only fill what is empty.

    list_id: everybody in the file is put on this list. basis: why mails may be sent to them (consent,
    card, trade, published), empty for none. Evidence is the file with the row; note: how it came about,
    in words, without which nobody's consent is believed. source: kept as 獲得元.
    """

    overwrite: bool = False
    list_id: int | None = None
    basis: str = ""
    source: str = ""
    note: str = ""


@dataclass(slots=True)
class _Row:
    number: int
    cells: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    at: datetime | None = None
    user_id: str = ""
    person_id: UUID | None = None
    is_new: bool = False
    verdict: str = ""


def upload(name: str, content: bytes, *, actor: Actor, now: datetime, encoding: str = "") -> int:
    """Keep a file and suggest what its columns are; raises tables.UnreadableFile and keeps nothing."""
    table = tables.read(content, encoding=encoding)
    mapping = {str(number): field for number, field in tables.suggest(table.header).items()}
    made: int = postgres.scalar(
        "INSERT INTO import_file (workspace_id, name, state, encoding, delimiter, content, mapping, options, counts,"
        " rows_total, rows_done, by_id, at, cancelled, error)"
        " VALUES (%s, %s, 'uploaded', %s, %s, %s, %s, '{}', '{}', %s, 0, %s, %s, false, '') RETURNING id",
        [
            postgres.workspace_id(),
            name[:200],
            table.encoding,
            table.delimiter,
            content,
            postgres.json(mapping),
            len(table.rows),
            actor.user_id or None,
            now,
        ],
    )
    audit.record(actor, "upload", "import", made, values={"name": name, "rows": len(table.rows)})
    return made


def map_columns(
    import_id: int, mapping: Mapping[int, str], options: Options, *, actor: Actor, encoding: str = ""
) -> None:
    """Say what the columns are and how to go about it. Raises NotReady, NoSuchImport, UnreadableFile."""
    found = get(import_id)
    if found.state != "uploaded":
        raise NotReady(_("This import was started already."))
    _check(mapping, options)
    if encoding and encoding != found.encoding:
        reread(import_id, encoding)
    postgres.execute(
        "UPDATE import_file SET mapping = %s, options = %s WHERE id = %s AND state = 'uploaded'",
        [
            postgres.json({str(number): field for number, field in mapping.items()}),
            postgres.json(_stored(options)),
            import_id,
        ],
    )
    audit.record(actor, "map", "import", import_id, values={"fields": sorted(mapping.values())})


def reread(import_id: int, encoding: str) -> None:
    """Read the file in another encoding, and suggest its columns again. Raises NotReady, UnreadableFile."""
    if get(import_id).state != "uploaded":
        raise NotReady(_("This import was started already."))
    table = tables.read(_content(import_id), encoding=encoding)
    mapping = {str(number): field for number, field in tables.suggest(table.header).items()}
    postgres.execute(
        "UPDATE import_file SET encoding = %s, delimiter = %s, rows_total = %s, mapping = %s"
        " WHERE id = %s AND state = 'uploaded'",
        [table.encoding, table.delimiter, len(table.rows), postgres.json(mapping), import_id],
    )


def preview(import_id: int, rows: int = 20) -> Table:
    """The header and the first rows, as read with the present encoding."""
    table = _table(get(import_id))
    return Table(table.encoding, table.delimiter, table.header, table.rows[:rows])


def dry_run(import_id: int) -> dict[str, int]:
    """What would happen to each row: new, update, same, error. Writes nothing about people."""
    return try_out(import_id)[0]


def try_out(import_id: int, most: int = 20) -> tuple[dict[str, int], list[tuple[int, list[str], list[str]]]]:
    """(what would happen to each row, the first rows that would fail as of `problems`). Writes nothing."""
    found = get(import_id)
    options = _options(found)
    counts: Counter[str] = Counter()
    failed: list[tuple[int, list[str], list[str]]] = []
    seen: dict[str, UUID] = {}
    for start in range(0, found.rows_total, CHUNK):
        rows = _read_chunk(found, start)
        _match(rows, seen)
        counts.update(_verdicts(rows, options))
        failed += [(row.number, list(row.cells), row.problems) for row in rows if row.problems][
            : most - len(failed)
        ]
    return {name: counts.get(name, 0) for name in ("new", "update", "same", "error")}, failed


def start(import_id: int, *, actor: Actor) -> None:
    """Carry it out (the worker does, chunk by chunk). Raises NotReady."""
    found = get(import_id)
    _check({int(number): field for number, field in found.mapping.items()}, _options(found))
    started = postgres.execute(
        "UPDATE import_file SET state = 'running' WHERE id = %s AND state = 'uploaded'", [import_id]
    )
    if not started:
        raise NotReady(_("This import was started already."))
    postgres.execute("SELECT pg_notify('tabiji_imports', '')")
    audit.record(actor, "start", "import", import_id, values={"rows": found.rows_total})


def cancel(import_id: int, *, actor: Actor) -> None:
    """Stop after the chunk under way; what was taken in stays. One that was not started is put away."""
    get(import_id)
    changed = postgres.execute(
        "UPDATE import_file SET cancelled = true,"
        " state = CASE state WHEN 'uploaded' THEN 'cancelled' ELSE state END"
        " WHERE id = %s AND state IN ('uploaded', 'running') AND NOT cancelled",
        [import_id],
    )
    if changed:
        audit.record(actor, "cancel", "import", import_id)


def fail(import_id: int, why: str, now: datetime) -> None:
    """This running import cannot go on: what was taken in stays, and the page says why."""
    changed = postgres.execute(
        "UPDATE import_file SET error = %s WHERE id = %s AND state = 'running'", [why[:500], import_id]
    )
    if changed:
        _finish(get(import_id), "failed", now)


def run_chunk(now: datetime) -> int:
    """Carry on the oldest running import of the scope's workspace by one chunk; the rows taken.

    Passes over an import that another worker has in its hands. Raises CannotGoOn.
    """
    row = postgres.find_row(
        "SELECT id FROM import_file WHERE state = 'running' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    if row is None:
        return 0
    try:
        return _carry_on(get(row[0]), now)
    except psycopg.DataError as error:
        raise CannotGoOn(row[0], _("The file holds a value that the database cannot keep.")) from error
    except (LookupError, ValueError, TypeError) as error:
        raise CannotGoOn(row[0], str(error)) from error


def _carry_on(found: ImportInfo, now: datetime) -> int:
    rows = [] if found.cancelled else _read_chunk(found, found.rows_done)
    if not rows:
        _finish(found, "cancelled" if found.cancelled else "done", now)
        return 1
    counts = _take(found, rows)
    postgres.execute(
        "UPDATE import_file SET rows_done = rows_done + %s, counts = %s WHERE id = %s",
        [
            len(rows),
            postgres.json({k: found.counts.get(k, 0) + counts.get(k, 0) for k in {*found.counts, *counts}}),
            found.id,
        ],
    )
    return len(rows)


def get(import_id: int) -> ImportInfo:
    """Raises NoSuchImport."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM import_file WHERE id = %s", [import_id])
    if row is None:
        raise NoSuchImport(f"there is no import {import_id} here")
    return ImportInfo(*row)


def list_imports(query: ListQuery) -> Page[ImportInfo]:
    """Newest first."""
    after = paging.from_cursor(query.after, 1)[0] if query.after else None
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM import_file WHERE (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [after, after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM import_file")
    kept = [ImportInfo(*row) for row in rows[: query.limit]]
    return Page(kept, paging.to_cursor(kept[-1].id) if len(rows) > query.limit else "", total)


def people_of(import_id: int, verdict: str = "") -> list[UUID]:
    """Whom the file was about, each once: all, or the new ones, the changed ones (update), the others (same)."""
    get(import_id)
    rows = postgres.rows(
        "SELECT person_id FROM import_person WHERE import_file_id = %s AND (%s = '' OR verdict = %s)"
        " ORDER BY person_id",
        [import_id, verdict, verdict],
    )
    return list(dict.fromkeys(persons.resolve(row[0] for row in rows).values()))


def count_people(import_id: int) -> dict[str, int]:
    """How many people by what happened to them: new, update, same."""
    return {verdict: len(people_of(import_id, verdict)) for verdict in ("new", "update", "same")}


def problems(import_id: int, limit: int = 200) -> list[tuple[int, list[str], list[str]]]:
    """(row number in the file, cells, sentences) of rows that were not taken in, in the reader's language."""
    found = get(import_id)
    reading = _Reading(found)
    stored = postgres.rows(
        "SELECT row_number, cells, problems FROM import_error WHERE import_file_id = %s"
        " ORDER BY row_number LIMIT %s",
        [import_id, limit],
    )
    # Said again, not only kept: the worker that took the row in speaks one language only.
    return [
        (number, cells, reading.row(number, tuple(cells)).problems or kept) for number, cells, kept in stored
    ]


def problem_file(import_id: int) -> Iterator[bytes]:
    """The rows that failed, as a file like the one that came, with the reason in a last column."""
    found = get(import_id)
    table = _table(found)
    rows = ([*cells, " / ".join(reasons)] for _number, cells, reasons in problems(import_id, tables.MAX_ROWS))
    encoding = "cp932" if found.encoding == "cp932" else "utf-8-sig"
    return tables.write([*table.header, _("Reason of the error")], rows, encoding=encoding)


def open_problems() -> list[tuple[int, str, int]]:
    """(import, name, rows that failed) of finished imports with failed rows: for the to-do list."""
    return [
        (row[0], row[1], row[2])
        for row in postgres.rows(
            "SELECT f.id, f.name, count(*) FROM import_file f JOIN import_error e ON e.import_file_id = f.id"
            " WHERE f.state = 'done' GROUP BY f.id, f.name ORDER BY f.id DESC LIMIT 20"
        )
    ]


# -- rows ------------------------------------------------------------------------------------------


def _take(found: ImportInfo, rows: list[_Row]) -> Counter[str]:
    options = _options(found)
    known = {info.key: info for info in fields.list_fields()}
    _match(rows)
    good = [row for row in rows if not row.problems]
    _claim(good, found.at)
    verdicts = _verdicts(rows, options)
    persons.create({row.person_id: row.at or found.at for row in good if row.is_new and row.person_id})
    _write_values(good, options, found, known)
    _record_basis(good, options, found)
    _keep_people(found, good)
    if options.list_id is not None:
        people = [row.person_id for row in good if row.person_id]
        lists.add(options.list_id, people, at=found.at, actor=_actor(found))
    bad = [row for row in rows if row.problems]
    postgres.execute(
        "INSERT INTO import_error (workspace_id, import_file_id, row_number, cells, problems)"
        " SELECT %s, %s, * FROM unnest(%s::integer[], %s::jsonb[], %s::jsonb[])"
        " ON CONFLICT (import_file_id, row_number) DO NOTHING",
        [
            postgres.workspace_id(),
            found.id,
            [row.number for row in bad],
            [postgres.json(list(row.cells)) for row in bad],
            [postgres.json(row.problems) for row in bad],
        ],
    )
    return verdicts


def _keep_people(found: ImportInfo, rows: Sequence[_Row]) -> None:
    told: dict[UUID, str] = {}
    for row in rows:
        if row.person_id:
            told.setdefault(row.person_id, row.verdict)
    postgres.execute(
        "INSERT INTO import_person (workspace_id, import_file_id, person_id, verdict)"
        " SELECT %s, %s, * FROM unnest(%s::uuid[], %s::text[])"
        " ON CONFLICT (import_file_id, person_id) DO NOTHING",
        [postgres.workspace_id(), found.id, list(told), list(told.values())],
    )


def _read_chunk(found: ImportInfo, start: int) -> list[_Row]:
    reading = _Reading(found)
    return [
        reading.row(start + offset + 2, cells)  # as a spreadsheet counts: the header is row 1
        for offset, cells in enumerate(_table(found).rows[start : start + CHUNK])
    ]


class _Reading:
    """What an import makes of a row, looked up once for all of them."""

    def __init__(self, found: ImportInfo) -> None:
        self._mapping = {int(number): name for number, name in found.mapping.items()}
        self._known = {info.key: info for info in fields.list_fields()}
        self._zone = workspace.current().zone
        self._at = found.at

    def row(self, number: int, cells: tuple[str, ...]) -> _Row:
        row = _Row(number, cells)
        for column, name in self._mapping.items():
            cell = cells[column] if column < len(cells) else ""
            if cell:
                _read_cell(row, name, cell, self._known, self._zone, self._at)
        if not row.problems and not _is_enough(row):
            row.problems.append(_("Mail address, phone, or name with company is missing"))
        return row


def _read_cell(
    row: _Row, name: str, cell: str, known: Mapping[str, FieldInfo], zone: Any, told_at: datetime
) -> None:
    match name:
        case "user_id":
            row.user_id = cell[:300]
        case "full_name":
            last, _space, first = cell.replace("\u3000", " ").strip().partition(" ")
            row.values.setdefault("last_name", last)
            row.values.setdefault("first_name", first.strip())
        case "exchanged_on":
            try:
                day = date.fromisoformat(
                    str(fields.clean({"d": FieldInfo("d", "", "date", is_custom=True)}, "d", cell))
                )
            except fields.BadValue as error:
                row.problems.append(_problem(_("Date of exchange"), error.why))
                return
            if day > told_at.astimezone(zone).date():
                # A card of a day to come would outlive every unsubscribe until then.
                row.problems.append(_problem(_("Date of exchange"), _("lies in the future")))
            else:
                row.at = min(datetime.combine(day, time(12), zone).astimezone(UTC), told_at)
        case _:
            try:
                row.values[name] = fields.clean(dict(known), name, cell)
            except fields.BadValue as error:
                row.problems.append(_problem(known[name].label, error.why))


def _problem(column: str, reason: str) -> str:
    return _("%(column)s: %(reason)s") % {"column": column, "reason": reason}


def _is_enough(row: _Row) -> bool:
    values = row.values
    return bool(
        row.user_id
        or values.get("email")
        or values.get("phone")
        or (values.get("last_name") and values.get("company"))
    )


def _match(rows: Sequence[_Row], seen: dict[str, UUID] | None = None) -> None:
    """Find who is already here: by member number, mail address, mobile and family name, company and full name.

    seen: people of earlier chunks that are not written yet, as in a dry run.
    """
    wanted = [row for row in rows if not row.problems]
    found = matching.find(
        [
            matching.Clue(
                row.user_id,
                row.values.get("email", ""),
                row.values.get("phone", ""),
                row.values.get("last_name", ""),
                row.values.get("first_name", ""),
                row.values.get("company", ""),
            )
            for row in wanted
        ]
    )
    seen = {} if seen is None else seen
    for row, person_id in zip(wanted, found, strict=True):
        key = (
            row.user_id
            or row.values.get("email")
            or f"{row.values.get('phone', '')}/{row.values.get('last_name', '')}/{row.values.get('first_name', '')}/{row.values.get('company', '')}"
        )
        row.person_id = person_id or seen.get(key)
        if row.person_id is None:
            row.is_new = True
            row.person_id = _new_id(key)
        seen[key] = row.person_id


def _new_id(key: str) -> UUID:
    if workspace.current().is_practice:
        return ids.stable_id(postgres.workspace_id(), "email" if "@" in key else "import", key)
    return ids.new_id()


def _verdicts(rows: Sequence[_Row], options: Options) -> Counter[str]:
    """How many rows of each kind; each row keeps its own."""
    people = persons.get_many({row.person_id for row in rows if row.person_id and not row.is_new})
    for row in rows:
        if row.problems:
            row.verdict = "error"
        elif row.is_new:
            row.verdict = "new"
        else:
            standing = people.get(row.person_id) if row.person_id else None
            changed = standing is not None and any(
                value
                and _standing(standing, name) != value
                and (options.overwrite or not _standing(standing, name))
                for name, value in row.values.items()
            )
            row.verdict = "update" if changed else "same"
    return Counter(row.verdict for row in rows)


def _standing(person: Any, name: str) -> Any:
    return person.fields.get(name) if name not in fields.STANDARD else getattr(person, name)


def _claim(rows: Sequence[_Row], at: datetime) -> None:
    """Claim what the rows' people are found by.

    Somebody may have become known by it since the rows were matched: a new person whose member number or
    address was claimed first is that person. (The rows of people are written after their identifiers: the
    foreign key is looked at when the transaction ends.)
    """
    owners = _identifiers(rows)
    lost = identity.claim(owners, at)
    theirs = identity.find(lost)
    known: dict[UUID, UUID] = {}
    for row in rows:
        # In order of trust, as in matching; a phone of its own finds nobody.
        person_id = theirs.get(Identifier(IdentifierKind.USER, row.user_id)) or theirs.get(
            Identifier(IdentifierKind.EMAIL, row.values.get("email", ""))
        )
        if row.is_new and row.person_id and person_id not in (None, row.person_id):
            known.setdefault(row.person_id, person_id)
    for row in rows:
        if row.person_id in known:
            row.person_id, row.is_new = known[row.person_id], False
    identity.move({one: known[mine] for one, mine in owners.items() if mine in known and one not in lost})


def _identifiers(rows: Sequence[_Row]) -> dict[Identifier, UUID]:
    owners: dict[Identifier, UUID] = {}
    for row in rows:
        if row.person_id is None:
            continue
        if row.values.get("email"):
            owners.setdefault(Identifier(IdentifierKind.EMAIL, row.values["email"]), row.person_id)
        if row.user_id:
            owners.setdefault(Identifier(IdentifierKind.USER, row.user_id), row.person_id)
        if row.values.get("phone") and naming.is_mobile(row.values["phone"]):
            owners.setdefault(Identifier(IdentifierKind.PHONE, row.values["phone"]), row.person_id)
    return owners


def _write_values(
    rows: Sequence[_Row], options: Options, found: ImportInfo, known: Mapping[str, FieldInfo]
) -> None:
    people = persons.get_many({row.person_id for row in rows if row.person_id})
    updates = []
    for row in rows:
        person = people[row.person_id] if row.person_id else None
        if person is None:
            continue
        values = {"source": options.source, **row.values} if options.source else row.values
        moment = int((row.at or found.at).timestamp() * 1000)
        updates += [
            FieldUpdate(person.id, name, value, moment, row.number)
            for name, value in values.items()
            if value not in (None, "") and (options.overwrite or not _standing(person, name))
        ]
    fields.write(updates, actor=_actor(found), cause=f"import:{found.id}")


def _record_basis(rows: Sequence[_Row], options: Options, found: ImportInfo) -> None:
    if not options.basis:
        return
    standing = consent.states([row.person_id for row in rows if row.person_id], "mail")
    consent.record(
        [
            ConsentAct(
                row.person_id,
                "mail",
                "grant",
                options.basis,
                row.at or found.at,
                "import",
                {"import": found.id, "file": found.name, "row": row.number}
                | ({"text": options.note} if options.note else {}),
            )
            for row in rows
            if row.person_id and row.values.get("email") and row.person_id not in standing
        ],
        actor=_actor(found),
    )


def _finish(found: ImportInfo, state: str, now: datetime) -> None:
    postgres.execute(
        "UPDATE import_file SET state = %s, finished_at = %s WHERE id = %s", [state, now, found.id]
    )
    if found.by:
        values = {"name": found.name, "done": found.rows_done, "errors": found.counts.get("error", 0)}
        slug = workspace.current().slug
        notices.notify(
            [found.by], kind="import_finished", at=now, path=f"/w/{slug}/imports/{found.id}/", values=values
        )


def _check(mapping: Mapping[int, str], options: Options) -> None:
    known = {info.key for info in fields.list_fields()} | set(SPECIAL)
    unknown = sorted(set(mapping.values()) - known)
    if unknown:
        raise NotReady(_("People have no field %(names)s.") % {"names": ", ".join(unknown)})
    if len(set(mapping.values())) < len(mapping):
        raise NotReady(_("Two columns go to the same field."))
    if not set(mapping.values()) & {"email", "phone", "user_id", "last_name", "full_name"}:
        raise NotReady(_("Say which column is the mail address, the phone, or the name."))
    if options.basis and options.basis not in [basis.value for basis in Basis]:
        raise NotReady(_("This is no basis for sending."))
    if options.basis == Basis.CONSENT and not options.note.strip():
        raise NotReady(_("Say where and with which words they consented: that is the evidence."))
    if options.list_id is not None:
        lists.get(options.list_id)


def _options(found: ImportInfo) -> Options:
    return Options(**found.options)


def _stored(options: Options) -> dict[str, Any]:
    return {
        "overwrite": options.overwrite,
        "list_id": options.list_id,
        "basis": options.basis,
        "source": options.source[:100],
        "note": options.note[:500],
    }


def _actor(found: ImportInfo) -> str:
    return f"user:{found.by}" if found.by else facts.AUTOMATIC


def _content(import_id: int) -> bytes:
    return bytes(postgres.scalar("SELECT content FROM import_file WHERE id = %s", [import_id]))


def _table(found: ImportInfo) -> Table:
    return _read(postgres.workspace_id(), found.id, found.encoding, found.delimiter)


@lru_cache(maxsize=4)
def _read(workspace_id: int, import_id: int, encoding: str, delimiter: str) -> Table:
    return tables.read(_content(import_id), encoding=encoding, delimiter=delimiter)
