"""A sender in a process of its own, for when there is much to send: printing and signing need a core.

The parent writes a workspace's number a line, the child sends there for one turn and answers with the number of
messages settled. It ends when its input does, so it never outlives its parent; what it held then is settled by
`sending.recover`, as after any sender's death.
"""

from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Final, TextIO

import structlog

from tabiji.messaging.sending import SENDERS, Sender

_TURN_ENDS_S: Final = 120.0
"""No turn takes so long: a process that has not answered by then hangs, and is ended."""
_GRACE_S: Final = 30.0
log = structlog.get_logger()


class SenderEnded(RuntimeError):
    """The other process ended in the middle of a turn; its log says why. The next turn starts a new one."""


class SenderApart:
    """Starts the process when it is first needed. Belongs to one thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._used_at = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the process runs."""
        return self._process is not None

    def send_due(self, workspace_id: int) -> int:
        """One turn there; the number of messages settled. Raises SenderEnded."""
        process = self._process or self._start()
        answer = _ask(process, workspace_id)
        if not answer:
            process.kill()
            self.close()
            raise SenderEnded(f"the sender's process ended while it served workspace {workspace_id}")
        self._used_at = time.monotonic()
        return int(answer)

    def close_after(self, idle_s: float) -> None:
        """End the process when nobody has needed it for so long: it holds memory."""
        if self._process is not None and time.monotonic() - self._used_at > idle_s:
            self.close()

    def close(self) -> None:
        """End the process, as soon as its turn is over."""
        if self._process is None:
            return
        process, self._process = self._process, None
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tabiji", "sender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        log.info("sender_started", pid=self._process.pid)
        return self._process


def _ask(process: subprocess.Popen[str], workspace_id: int) -> str:
    """Its answer; empty when it has ended or hangs."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(f"{workspace_id}\n")
        process.stdin.flush()
    except BrokenPipeError:
        return ""
    if not select.select([process.stdout], [], [], _TURN_ENDS_S)[0]:
        log.error("sender_hangs", pid=process.pid, workspace=workspace_id)
        return ""
    return process.stdout.readline()


def serve(orders: TextIO, answers: TextIO) -> None:
    """The child's side: turns until `orders` ends, or one fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes our input
    asked: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders, asked), daemon=True).start()
    sender = Sender(among=SENDERS)
    try:
        while (workspace_id := asked.get()) is not None:
            settled = sender.send_due(workspace_id)
            answers.write(f"{settled}\n")
            answers.flush()
    finally:
        sender.close()


def _listen(orders: TextIO, asked: queue.SimpleQueue[int | None]) -> None:
    for order in orders:
        asked.put(int(order))
    asked.put(None)
    time.sleep(_GRACE_S)
    os._exit(1)  # the parent is gone, and the turn that is under way does not end
