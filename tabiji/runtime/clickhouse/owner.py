"""The life of the process that owns an embedded ClickHouse: take the folder, open, serve, stop."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Final, NoReturn

from tabiji.runtime.clickhouse import configuration, folder, lanes, versions
from tabiji.runtime.clickhouse.engine import Engine
from tabiji.runtime.clickhouse.faults import EngineError
from tabiji.runtime.clickhouse.folder import CannotOpen
from tabiji.runtime.clickhouse.server import Server

log = logging.getLogger("tabiji.clickhouse")
GRACE_S: Final = 2.0
_DATABASE: Final = re.compile(r"[a-z][a-z0-9_]*\Z")


def own(
    path: Path,
    *,
    port: int,
    secret: str,
    database: str,
    screens: int,
    memory: int | None,
    ready_file: Path | None,
) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then end the process.

    Raises CannotOpen: the folder is in use, or its data cannot be opened by this engine.
    """
    if not secret or not _DATABASE.match(database):
        raise CannotOpen("The secret must not be empty, and the database a lower-case name")
    ready_file = ready_file.absolute() if ready_file else None
    limits = configuration.Limits(memory) if memory else configuration.Limits.of_this_machine()
    began = time.monotonic()
    with folder.owned(path):
        configuration.write(Path.cwd(), database, limits)
        engine = versions.open_engine(Path.cwd(), _open)
        engine.control(f"CREATE DATABASE IF NOT EXISTS {database}")
        server = Server(engine, secret, database, lanes.lanes(limits, screens), port)
        end = _end_signals()
        threading.Thread(target=server.serve, name="accept", daemon=True).start()
        _tell(server.port, ready_file)
        _log("ready", port=server.port, engine=engine.version, ms=round((time.monotonic() - began) * 1000))
        end.wait()
        _log("stopping")
        if ready_file:
            ready_file.unlink(missing_ok=True)
        server.stop(GRACE_S)
        engine.close()
    _log("stopped")
    logging.shutdown()
    os._exit(0)  # threads of clients and of the engine are not waited for


def _open() -> Engine:
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        return Engine()
    except EngineError as error:
        raise CannotOpen(f"The engine cannot open the data in {Path.cwd()}: {error.message}") from error


def _end_signals() -> threading.Event:
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    return end


def _tell(port: int, ready_file: Path | None) -> None:
    if ready_file:
        draft = ready_file.with_name(f"{ready_file.name}.new")
        draft.write_text(str(port))
        draft.replace(ready_file)
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()


def _log(event: str, **values: object) -> None:
    log.info(json.dumps({"event": event, **values}, ensure_ascii=False))
