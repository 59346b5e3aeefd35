"""Named places at which a test may end the process, as a power cut would.

`TABIJI_CRASH` names a file, at any time of the process's life. `name` in it ends the process there, and
`name:3` at the third time; the file is removed, so that the next process goes on. Every durable boundary
has one, and a test visits each.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path
from typing import Final, Literal, get_args

CrashPoint = Literal[
    "collector.before_commit",
    "collector.after_commit",
    "processor.before_decide_commit",
    "processor.after_decide_commit",
    "processor.between_inserts",
    "processor.after_insert",
    "processor.before_consume_commit",
    "processor.after_consume_commit",
    "engine.before_commit",
    "engine.after_commit",
    "gate.before_commit",
    "gate.after_commit",
    "sender.after_claim",
    "sender.before_data",
    "sender.after_data",
    "sender.before_result_commit",
    "sender.after_result_commit",
    "refresh.before_commit",
    "refresh.after_commit",
    "archive.before_rename",
    "archive.after_rename",
    "archive.before_commit",
    "archive.after_commit",
]
ALL: Final[tuple[str, ...]] = get_args(CrashPoint)
EXIT_CODE: Final = 86

_file: Final = Path(os.environ["TABIJI_CRASH"]) if os.environ.get("TABIJI_CRASH") else None
_times: Final[Counter[CrashPoint]] = Counter()
_lock = threading.Lock()


def crashpoint(name: CrashPoint) -> None:
    """End the process here, without any clean-up, if a test asked for it."""
    if _file is None:
        return
    with _lock:
        if _is_wanted(name, _file):
            _file.unlink()
            os._exit(EXIT_CODE)


def _is_wanted(name: CrashPoint, file: Path) -> bool:
    try:
        wanted, _, times = file.read_text().partition(":")
    except FileNotFoundError:
        return False
    if wanted != name:
        return False
    _times[name] += 1
    return _times[name] >= int(times or 1)
