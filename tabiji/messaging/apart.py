"""A sender in a process of its own, for when there is much to send: printing and signing need a core.

The parent writes a workspace's number a line, the child sends there for one turn and answers with the number of
messages settled. It ends when its input does, so it never outlives its parent; what it held then is settled by
`sending.recover`, as after any sender's death.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TextIO

import structlog

from tabiji.messaging.sending import SENDERS, Sender

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
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{workspace_id}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
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
        with process:  # closes its input and waits for its end
            pass

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tabiji", "sender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        log.info("sender_started", pid=self._process.pid)
        return self._process


def serve(orders: TextIO, answers: TextIO) -> None:
    """The child's side: turns until `orders` ends, or one fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes our input
    sender = Sender(among=SENDERS)
    try:
        for order in orders:
            settled = sender.send_due(int(order))
            answers.write(f"{settled}\n")
            answers.flush()
    finally:
        sender.close()
