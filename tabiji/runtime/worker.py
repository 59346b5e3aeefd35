"""`tabiji worker`: every registered loop in a thread of its own, woken by notifications.

A loop that fails says so, waits, and goes on; one that hangs stops the heartbeat, and the
supervisor replaces the process.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import psycopg
import structlog
from django.conf import settings
from django.db import connection
from psycopg import sql

from tabiji.core.loops import Loop, loops

_FAILURE_PAUSE_S: Final = 2.0
log = structlog.get_logger()


class Worker:
    def __init__(self, wanted: Iterable[Loop], heartbeat: Path | None = None) -> None:
        self._loops = list(wanted)
        self._heartbeat = heartbeat
        self._stop = threading.Event()
        self._wakes = {loop.name: threading.Event() for loop in self._loops}
        self._beats = {loop.name: time.monotonic() for loop in self._loops}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for loop in self._loops:
            thread = threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
            self._threads.append(thread)
            thread.start()
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        for wake in self._wakes.values():
            wake.set()

    def run_until_stopped(self) -> None:
        """Beat while every loop does; return after `stop`, when the loops have ended (30 s at most)."""
        self.start()
        while not self._stop.is_set():
            now = time.monotonic()
            late = [one.name for one in self._loops if now - self._beats[one.name] > one.hangs_after_s]
            if late:
                log.error("loops_hang", loops=late)
            elif self._heartbeat is not None:
                self._heartbeat.touch()
            self._stop.wait(2)
        deadline = time.monotonic() + 30
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))

    def _run(self, loop: Loop) -> None:
        wake = self._wakes[loop.name]
        while not self._stop.is_set():
            self._beats[loop.name] = time.monotonic()
            wake.clear()
            try:
                done = loop.tick()
            except Exception as error:
                log.exception("loop_failed", loop=loop.name, error=str(error)[:300])
                connection.close()
                self._stop.wait(_FAILURE_PAUSE_S)
                continue
            if not done:
                wake.wait(loop.idle_s)
        connection.close()

    def _listen(self) -> None:
        channels = {loop.channel for loop in self._loops if loop.channel}
        while not self._stop.is_set():
            try:
                with psycopg.connect(settings.DATABASE_URL, autocommit=True) as listening:
                    for channel in channels:
                        listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    while not self._stop.is_set():
                        for note in listening.notifies(timeout=5):
                            self._wake(note.channel)
            except psycopg.Error as error:
                log.warning("listener_failed", error=str(error)[:200])
                self._stop.wait(1)

    def _wake(self, channel: str) -> None:
        for loop in self._loops:
            if loop.channel == channel:
                self._wakes[loop.name].set()


def main(heartbeat: Path | None = None, only: tuple[str, ...] = ()) -> None:
    """Run the registered loops (or the named ones) until SIGTERM."""
    chosen = [loop for loop in loops if not only or loop.name in only]
    worker = Worker(chosen, heartbeat)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    log.info("worker_started", loops=[loop.name for loop in chosen])
    worker.run_until_stopped()
