"""A sender in a process of its own, for when there is much to send: printing and signing need a core.

The parent writes a workspace's number a line, the child sends there for one turn and answers a line: the number of
messages settled, or what went wrong. It ends when its input does, after the turn that is under way; what it held
when it was killed is settled by `sending.recover`, as after any sender's death.
"""

from __future__ import annotations

import os
import queue
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Final, TextIO

import structlog

from tabiji.messaging import domains
from tabiji.messaging.sending import MANY, SENDERS, Sender

TURN_ENDS_S: Final = 600.0
"""A turn claims for five seconds, begins no mail after 30 more, and waits at most five minutes for a server that does
not answer (`SmtpSettings`): a process that says nothing for so long hangs, and is ended."""
_ENDS_S: Final = 30.0
_WRONG: Final = "! "
log = structlog.get_logger()


class TurnFailed(RuntimeError):
    """The other process could not send in this workspace: why. It goes on with others."""


class SenderEnded(RuntimeError):
    """The other process ended, or hung, in the middle of a turn: its log says more. The next turn starts a new one."""


class SenderApart:
    """Starts the process when it is first needed. Belongs to one thread. place: see `Sender`."""

    def __init__(self, place: int) -> None:
        self._place = place
        self._process: subprocess.Popen[str] | None = None
        self._used_at = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the process runs."""
        return self._running() is not None

    def send_due(self, workspace_id: int) -> int:
        """One turn there; the number of messages settled. Raises TurnFailed, SenderEnded."""
        process = self._running() or self._start()
        answer = _ask(process, workspace_id)
        if not answer:
            process.kill()
            self.close()
            raise SenderEnded(
                f"the sender's process {process.pid} ended in workspace {workspace_id} (code {process.returncode})"
            )
        if answer.startswith(_WRONG):
            raise TurnFailed(answer.removeprefix(_WRONG).rstrip())
        settled = int(answer)
        if settled >= MANY:
            self._used_at = time.monotonic()
        return settled

    def close_after(self, idle_s: float) -> None:
        """End the process when there was not much to send for so long: it holds memory."""
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
            process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _running(self) -> subprocess.Popen[str] | None:
        """The process; None where there is none any more."""
        if self._process is not None and self._process.poll() is not None:
            log.warning("sender_gone", pid=self._process.pid, code=self._process.returncode)
            self.close()
        return self._process

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tabiji", "sender", str(self._place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._used_at = time.monotonic()
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
    if not select.select([process.stdout], [], [], TURN_ENDS_S)[0]:
        log.error("sender_hangs", pid=process.pid, workspace=workspace_id)
        return ""
    return process.stdout.readline()


def serve(orders: TextIO, answers: TextIO, place: int, stops: threading.Event) -> None:
    """The child's side: turns until `orders` ends. Raises what breaks the sender itself, such as a lost connection.

    stops: the turn that is under way claims nothing more, and later ones nothing at all.
    """
    sender = Sender(place=place, among=SENDERS, stops=stops)
    asked: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders, asked, stops), daemon=True).start()
    try:
        while (workspace_id := asked.get()) is not None:
            answer = _turn(sender, workspace_id)
            with suppress(BrokenPipeError):  # the parent was killed meanwhile
                answers.write(f"{answer}\n")
                answers.flush()
            sender.rest()
    finally:
        sender.close()


def _turn(sender: Sender, workspace_id: int) -> str:
    try:
        return str(sender.send_due(workspace_id))
    except domains.NoSendingDomain as error:
        log.warning("no_sending_domain", workspace=workspace_id, error=str(error))
        return "0"
    except Exception as error:
        if not sender.is_alive:
            raise
        log.exception("turn_failed", workspace=workspace_id)
        return _WRONG + " ".join(f"{type(error).__name__}: {error}".split())[:500]


def _listen(orders: TextIO, asked: queue.SimpleQueue[int | None], stops: threading.Event) -> None:
    for order in orders:
        asked.put(int(order))
    stops.set()
    asked.put(None)
    time.sleep(TURN_ENDS_S)
    os._exit(1)  # the parent is gone, and the turn that is under way does not end
