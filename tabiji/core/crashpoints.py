"""Named places at which a test may end the process, as a power cut would.

`TABIJI_CRASH=name` ends it the first time; `TABIJI_CRASH=name:3` the third time. Every durable
boundary has one, and a test visits each.
"""

from __future__ import annotations

import os
import threading
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

_name, _, _count = os.environ.get("TABIJI_CRASH", "").partition(":")
_left = int(_count or 1)
_lock = threading.Lock()


def crashpoint(name: CrashPoint) -> None:
    """End the process here, without any clean-up, if a test asked for it."""
    if _name != name:
        return
    global _left
    with _lock:
        _left -= 1
        if _left == 0:
            os._exit(EXIT_CODE)
