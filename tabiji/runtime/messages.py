"""Message catalogues: `tabiji messages` brings every room's `locale/ja` up to what its code says.

Sources are English; Japanese stands in one catalogue a room (so that rooms never wait for each
other). Babel reads Python and, through Django, templates; no gettext programs are needed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE: Final = Path(__file__).resolve().parent.parent
_KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_LEFT_OUT: Final = ("tests", "migrations", "node_modules", "static", "site")


def rooms() -> list[Path]:
    """The packages that have words of their own: rooms, and each package of `web`."""
    found = [path.parent for path in BASE.glob("*/apps.py")]
    found += [path.parent for path in BASE.glob("web/*/apps.py")]
    return sorted([*found, BASE / "api", BASE / "core", BASE / "runtime"])


def update() -> list[str]:
    """Write what is new into the catalogues; the sentences still without Japanese, `room: sentence`."""
    missing = []
    for room in rooms():
        catalog = merged(room)
        if not len(catalog):
            continue
        file = room / "locale" / "ja" / "LC_MESSAGES" / "django.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            write_po(out, catalog, width=110, no_location=True, omit_header=False, sort_output=True)
        missing += [f"{room.name}: {message.id}" for message in untranslated(catalog)]
    return missing


def missing() -> list[str]:
    """Sentences without Japanese, `room: sentence`; nothing is written."""
    return [f"{room.name}: {message.id}" for room in rooms() for message in untranslated(merged(room))]


def merged(room: Path) -> Catalog:
    """The room's catalogue as its code wants it now, with the translations that stand."""
    fresh = Catalog(locale="ja", domain="django")
    for message, context in _sentences(room):
        fresh.add(message, context=context)
    file = room / "locale" / "ja" / "LC_MESSAGES" / "django.po"
    if file.exists():
        with file.open("rb") as known:
            standing = read_po(known, locale="ja")
        messages: list[Message] = list(fresh)
        for message in messages:
            kept = standing.get(message.id, context=message.context) if message.id else None
            if kept is not None and kept.string:
                message.string = kept.string
    fresh.header_comment = "# Japanese of this room. Written by `tabiji messages`; edit the msgstr lines."
    fresh.creation_date = fresh.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # no noise in diffs
    return fresh


def untranslated(catalog: Catalog) -> list[Message]:
    messages: list[Message] = list(catalog)
    return [message for message in messages if message.id and not _is_whole(message.string)]


def compile_all() -> int:
    """Write the binary catalogues that Django reads; the number written."""
    count = 0
    for file in BASE.glob("**/locale/*/LC_MESSAGES/django.po"):
        if "node_modules" in file.parts:
            continue
        with file.open("rb") as source:
            catalog = read_po(source, locale="ja")
        draft = file.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as out:
            write_mo(out, catalog)
        draft.replace(file.with_suffix(".mo"))  # another process may be reading it
        count += 1
    return count


def _is_whole(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _sentences(room: Path) -> list[tuple[Any, str | None]]:
    found: list[tuple[Any, str | None]] = []
    own = [
        path
        for path in sorted(room.rglob("*"))
        if path.suffix in (".py", ".html", ".txt") and _is_own(room, path)
    ]
    for path in own:
        text = path.read_text(encoding="utf-8")
        source = _flat(templatize(text, origin=str(path))) if path.suffix != ".py" else text
        for _line, message, _comments, context in extract("python", BytesIO(source.encode()), _KEYWORDS):
            found.append((message, context))
    return found


def _flat(source: str) -> str:
    """Without indentation: what Django makes of a template is no program, only words in calls."""
    return "\n".join(line.strip() for line in source.splitlines())


def _is_own(room: Path, path: Path) -> bool:
    inside = path.relative_to(room).parts
    if any(part in _LEFT_OUT for part in inside):
        return False
    # `web` packages have catalogues of their own; a folder below with an apps.py belongs to itself.
    return not any(
        (parent / "apps.py").exists() for parent in path.parents if parent != room and room in parent.parents
    )
