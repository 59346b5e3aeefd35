"""`tabiji practice-mail`: the practice mail server in front of the practice inbox.

SMTP runs in an event loop, the database in one thread beside it. Mails that come while a transaction
commits go together into the next one; each is acknowledged after its commit.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from django.conf import settings
from django.db import connection

from tabiji.messaging.public import returns
from tabiji.practice import inbox, mailserver
from tabiji.practice.mailserver import PracticeMailServer, Received, Refused

_AT_ONCE: Final = 100
log = structlog.get_logger()


class Postman:
    """Brings mails to the inbox, and bounces back to messaging."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="practice-inbox")
        self._waiting: list[tuple[Received, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def store(self, received: Received) -> None:
        """Returns when the mail is on disk. Raises Refused, or what the database said."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((received, stored))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._store_waiting())
        await stored

    async def bounce(self, received: Received) -> None:
        """The far side took the mail and sends it back a moment later."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _return, received)

    def close(self) -> None:
        self._thread.submit(connection.close)
        self._thread.shutdown()

    async def _store_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            answers: Sequence[Exception | None]
            try:
                answers = await loop.run_in_executor(self._thread, _store, [mail for mail, _ in taken])
            except Exception as error:
                answers = [error] * len(taken)
            for (_, stored), answer in zip(taken, answers, strict=True):
                if stored.done():  # the client went away
                    continue
                if answer is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(answer)


def run(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_serve(port))


@contextmanager
def in_this_process(port: int = 0) -> Iterator[int]:
    """The server in a thread of this process, for as long as the stack is not up: the demo's making, tests.

    The workspaces of this process send to it meanwhile; yields its port.
    """
    postman = Postman()
    outside = settings.PRACTICE_SMTP
    with mailserver.serving(_server(postman, port)) as listening:
        settings.PRACTICE_SMTP = f"127.0.0.1:{listening}"
        try:
            yield listening
        finally:
            settings.PRACTICE_SMTP = outside
    postman.close()


async def _serve(port: int) -> None:
    postman = Postman()
    server = _server(postman, port)
    await server.start()
    log.info("practice_mail_started", port=server.port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop()
    postman.close()


def _server(postman: Postman, port: int) -> PracticeMailServer:
    return PracticeMailServer(
        postman.store, port=port, rules=mailserver.practice_rules(), bounce=postman.bounce
    )


def _store(mails: list[Received]) -> list[Refused | None]:
    try:
        return inbox.store(mails)
    except Exception:
        connection.close()  # it may be the connection that is broken
        raise


def _return(received: Received) -> None:
    report = mailserver.compose_bounce(received, at=datetime.now(UTC))
    try:
        returns.receive_mail(report, envelope_to=received.envelope_from)
    except returns.NotOurs as stranger:
        log.info("practice_bounce_of_a_stranger", why=str(stranger))
    except Exception:
        log.exception("practice_bounce_failed")
        connection.close()
