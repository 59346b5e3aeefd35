"""Practice mode's mail server: takes mail for anyone on loopback, and misbehaves on request.

`PracticeMailServer` speaks real SMTP by aiosmtpd and hands each mail to a callback. `FastSink` is the least that
an SMTP client needs, for benchmarks, where the far side must not be the limit. Neither may listen elsewhere
than on loopback.
"""

import asyncio
import base64
import inspect
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, Literal, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LINE_MAX: Final = 998  # without CRLF, RFC 5322 2.1.1

# Each mail would otherwise write ten lines to the log.
logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came in. `envelope_from` is "" for a bounce. `wire` has CRLF line ends."""

    envelope_from: str
    rcpt: str
    wire: bytes
    received_at: datetime
    helo: str
    tls: bool


Store = Callable[[Received], Awaitable[None] | None]


class Refused(Exception):
    """Raised by a `store` that will never take this mail; the text goes to the client behind 550 5.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a mail for a certain recipient. The parts combine; `times` None means always.

    `stage` is where `code` is answered: to RCPT, to DATA, or after the final dot. `drop` closes the connection
    at that stage without an answer (after the dot: the mail is stored all the same, as RFC 1047 describes).
    `bounce` accepts the mail and calls `bounce(Received)` later instead of storing it.
    """

    stage: Literal["rcpt", "data", "dot"] = "rcpt"
    code: int | None = None
    text: str = ""
    delay_s: float = 0.0
    drop: bool = False
    bounce: bool = False
    times: int | None = None


class FaultRules:
    """Faults by recipient: a full address (`a@x.example`) or a domain (`@x.example`). Addresses go first."""

    def __init__(self, faults: Mapping[str, Fault] | None = None) -> None:
        self._faults = {key.lower(): fault for key, fault in (faults or {}).items()}
        self._hits: dict[str, int] = {}

    def set(self, recipient: str, fault: Fault | None) -> None:
        """Adds, replaces or (None) removes a rule, and forgets how often it was hit."""
        key = recipient.lower()
        self._hits = {rcpt: count for rcpt, count in self._hits.items() if not rcpt.endswith(key)}
        if fault is None:
            self._faults.pop(key, None)
        else:
            self._faults[key] = fault

    def find(self, rcpt: str) -> Fault | None:
        """The rule for a recipient, whether used up or not."""
        address = rcpt.lower()
        return self._faults.get(address) or self._faults.get("@" + address.rpartition("@")[2])

    def hit(self, rcpt: str, stage: str) -> Fault | None:
        """The rule that strikes this recipient at this stage now; counts it, per recipient, against `times`."""
        fault = self.find(rcpt)
        if fault is None or fault.stage != stage:
            return None
        count = self._hits[rcpt.lower()] = self._hits.get(rcpt.lower(), 0) + 1
        return fault if fault.times is None or count <= fault.times else None


def practice_rules() -> FaultRules:
    """The addresses at which practice mode's far side misbehaves; all are under `.example` (RFC 2606)."""
    return FaultRules(
        {
            "@bounce.example": Fault(stage="dot", bounce=True),
            "@unknown.example": Fault(code=550, text="5.1.1 User unknown"),
            "@full.example": Fault(code=552, text="5.2.2 Mailbox full"),
            "@blocked.example": Fault(stage="dot", code=554, text="5.7.1 Message refused by policy"),
            "@greylist.example": Fault(code=451, text="4.7.1 Greylisted, try again in 60 seconds", times=1),
            "@busy.example": Fault(code=450, text="4.2.1 Mailbox busy, try again later"),
            "@slow.example": Fault(stage="dot", delay_s=5.0),
            "@drop.example": Fault(stage="dot", drop=True),
        }
    )


class PracticeMailServer:
    """An SMTP server for one event loop.

    `store` and `bounce` may be plain functions or coroutine functions; a raising `store` gives the client a 451
    (`Refused`: a 550), so that no mail is acknowledged that was not stored. `credentials` (user, password) makes AUTH necessary.
    `tls` offers STARTTLS; with `implicit_tls` the connection starts in TLS.
    """

    def __init__(
        self,
        store: Store,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rules: FaultRules | None = None,
        bounce: Store | None = None,
        size_limit: int = 20 * 1024 * 1024,
        credentials: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        pipelining: bool = True,
    ) -> None:
        self.rules = rules if rules is not None else FaultRules()
        self.host = _loopback(host)
        self.port = port
        self._handler = _Handler(store, self.rules, bounce, pipelining)
        self._size_limit = size_limit
        self._credentials = credentials
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    async def start(self) -> tuple[str, int]:
        """Listens; the address and port. Port 0 takes a free one."""
        self._server = await asyncio.get_running_loop().create_server(
            self._session, self.host, self.port, ssl=self._tls if self._implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self.host, self.port

    async def stop(self) -> None:
        """Closes the port and all connections; bounces that were to come later are dropped."""
        if self._server is None:
            return
        self._server.close()
        self._handler.drop_pending()
        for session in tuple(self._sessions):
            await session.end()
        await self._server.wait_closed()
        self._server = None

    def _session(self) -> "_Session":
        return _Session(
            self._handler,
            sessions=self._sessions,
            data_size_limit=self._size_limit,
            hostname="practice.tabiji.example",
            ident="Tabiji practice mail",
            tls_context=None if self._implicit_tls else self._tls,
            needs_login=self._credentials is not None,
            authenticator=self._authenticate if self._credentials else None,
            auth_require_tls=self._tls is not None and not self._implicit_tls,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: Any
    ) -> AuthResult:
        user, password = self._credentials or ("", "")
        given = LoginPassword(user.encode(), password.encode())
        return AuthResult(success=auth_data == given, handled=False)


class _Session(SMTP):
    def __init__(
        self, handler: "_Handler", *, sessions: set["_Session"], needs_login: bool, **options: Any
    ) -> None:
        # What the reader may hold: a whole mail. With aiosmtpd's 1,001 it pauses the socket after each 2 kB.
        self.line_length_limit = int(options["data_size_limit"]) + len(b"\r\n\r\n.\r\n")
        super().__init__(handler, **options)
        self._all = sessions
        self._handler = handler
        # Set here, because the option warns about logins in clear text, which loopback may have.
        self._auth_required = needs_login

    async def smtp_DATA(self, arg: str) -> None:
        """Takes the mail in one piece: aiosmtpd's own reading line by line takes 1.5 ms for 30 kB."""
        envelope, session = self.envelope, self.session
        if arg or envelope is None or session is None or not envelope.rcpt_tos:
            await super().smtp_DATA(arg)
            return
        if refusal := await self._handler.strike_data(self, envelope):
            await self.push(refusal)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        envelope.content = await self._read_mail()
        if envelope.content is None:
            answer = "552 5.3.4 Message too large"
        else:
            answer = await self._handler.handle_DATA(self, session, envelope)
        self.envelope = self._create_envelope()
        await self.push(answer)

    async def _read_mail(self) -> bytes | None:
        """The mail without the dots that RFC 5321 4.5.2 adds, or None (and nothing kept) over the limit."""
        reader = self._reader
        # As if a line end stood before, so that a mail without any line ends at its dot as well.
        reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        fits = True
        while True:
            try:
                block = await reader.readuntil(b"\r\n.\r\n")
                break
            except asyncio.LimitOverrunError as overrun:
                fits = False
                await reader.readexactly(overrun.consumed)
        return block[:-3].replace(b"\r\n.", b"\r\n")[2:] if fits else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        super().connection_lost(error)

    async def end(self) -> None:
        task = self._handler_coroutine
        _abort(self)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class _Handler:
    """The hooks of aiosmtpd. An answer that starts with a code goes to the client as it is."""

    def __init__(self, store: Store, rules: FaultRules, bounce: Store | None, pipelining: bool) -> None:
        self._store = store
        self._rules = rules
        self._bounce = bounce
        self._pipelining = pipelining
        self._pending: set[asyncio.Task[None]] = set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offers = ["250-PIPELINING"] if self._pipelining else []
        return [*responses[:-1], *offers, "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self._strike(server, address, "rcpt"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if max(map(len, _content(envelope).split(b"\r\n"))) > LINE_MAX:
            return "500 5.5.2 Line too long"
        for rcpt in envelope.rcpt_tos:
            fault = self._rules.find(rcpt)
            received = _received(server, session, envelope, rcpt)
            # A drop after the dot stores first: that is the case that no sender can decide.
            if fault is not None and fault.stage == "dot" and fault.drop:
                await _call(self._store, received)
            if refusal := await self._strike(server, rcpt, "dot"):
                return refusal
            if fault is not None and fault.bounce and self._bounce is not None:
                self._later(_call(self._bounce, received))
                continue
            try:
                await _call(self._store, received)
            except Refused as refused:
                return f"550 5.1.1 {refused}"
            except Exception:
                logging.getLogger(__name__).exception("a practice mail could not be stored")
                return "451 4.3.0 Could not be stored, try again later"
        return "250 2.0.0 Ok: stored"

    async def strike_data(self, server: SMTP, envelope: Envelope) -> str | None:
        for rcpt in envelope.rcpt_tos:
            if refusal := await self._strike(server, rcpt, "data"):
                return refusal
        return None

    def drop_pending(self) -> None:
        for task in self._pending:
            task.cancel()

    async def _strike(self, server: SMTP, rcpt: str, stage: str) -> str | None:
        fault = self._rules.hit(rcpt, stage)
        if fault is None:
            return None
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.drop:
            await _drop(server)
        return None if fault.code is None else f"{fault.code} {fault.text}".rstrip()

    def _later(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(call)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)


async def _drop(server: SMTP) -> None:
    _abort(server)
    # aiosmtpd cancels this coroutine when it hears that the connection is gone.
    await asyncio.get_running_loop().create_future()


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


async def _call(callback: Store, received: Received) -> None:
    answer = callback(received)
    if inspect.isawaitable(answer):
        await answer


def _received(server: SMTP, session: Session, envelope: Envelope, rcpt: str) -> Received:
    sender = envelope.mail_from or ""
    over_tls = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
    return Received(
        envelope_from="" if sender == "<>" else sender,
        rcpt=rcpt,
        wire=_content(envelope),
        received_at=datetime.now(UTC),
        helo=session.host_name or "",
        tls=over_tls,
    )


def _content(envelope: Envelope) -> bytes:
    return envelope.content if isinstance(envelope.content, bytes) else b""


def _loopback(host: str) -> str:
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"the practice mail server listens on loopback only, not on {host}")
    return host


def compose_bounce(
    received: Received, *, at: datetime, status: str = "5.1.1", diagnostic: str = "550 5.1.1 User unknown"
) -> bytes:
    """An RFC 3464 report on a mail, as its sender's server gets it: to the envelope sender, CRLF line ends.

    The headers of the mail are returned with it (text/rfc822-headers), not its body.
    """
    head = received.wire.partition(b"\r\n\r\n")[0]
    boundary = "=_practice-bounce"
    human = f"次の宛先に配信できませんでした。\r\nThe mail could not be delivered.\r\n\r\n{received.rcpt}\r\n"
    body = base64.encodebytes(human.encode()).replace(b"\n", b"\r\n").decode("ascii")
    report = f"""\
From: Mail Delivery System <MAILER-DAEMON@practice.tabiji.example>
To: <{received.envelope_from}>
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(at)}
Message-ID: <bounce-{at.timestamp():.6f}@practice.tabiji.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{body}
--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; practice.tabiji.example
Arrival-Date: {format_datetime(received.received_at)}

Final-Recipient: rfc822; {received.rcpt}
Action: {"delayed" if status.startswith("4") else "failed"}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--{boundary}
Content-Type: text/rfc822-headers

"""
    opening = report.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    return opening + head + f"\r\n\r\n--{boundary}--\r\n".encode()


class FastSink:
    """Takes mails and forgets them: EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT, PIPELINING; counts."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = _loopback(host)
        self.port = port
        self.messages = 0
        self.octets = 0
        self._server: asyncio.Server | None = None
        self._connections: set[_SinkConnection] = set()

    async def start(self) -> tuple[str, int]:
        """Listens; the address and port. Port 0 takes a free one."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _SinkConnection(self, self._connections), self.host, self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self.host, self.port

    async def stop(self) -> None:
        """Closes the port and all connections."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None


class _SinkConnection(asyncio.Protocol):
    _ANSWERS: Final = {
        b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n",
        b"HELO": b"250 sink\r\n",
        b"MAIL": b"250 ok\r\n",
        b"RCPT": b"250 ok\r\n",
        b"RSET": b"250 ok\r\n",
        b"NOOP": b"250 ok\r\n",
    }
    _DOT: Final = b"\r\n.\r\n"

    def __init__(self, sink: FastSink, all_: set["_SinkConnection"]) -> None:
        self._sink = sink
        self._all = all_
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._all.add(self)
        transport.write(b"220 sink\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.discard(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        answers = bytearray()
        self._buffer += data
        while self._buffer:
            advanced = self._take_data(answers) if self._in_data else self._take_line(answers)
            if not advanced:
                break
        if answers and self._transport is not None:
            self._transport.write(answers)

    def _take_line(self, answers: bytearray) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        if verb == b"DATA":
            self._in_data = True
            # So that a mail of one line "." ends as well.
            self._buffer = b"\r\n" + rest
            answers += b"354 go\r\n"
        elif verb == b"QUIT" and self._transport is not None:
            self._transport.write(bytes(answers) + b"221 bye\r\n")
            self._transport.close()
            answers.clear()
            self._buffer = b""
        else:
            answers += self._ANSWERS.get(verb, b"502 no\r\n")
        return True

    def _take_data(self, answers: bytearray) -> bool:
        end = self._buffer.find(self._DOT)
        if end < 0:
            # Counted and dropped but for what may be the start of the dot line.
            self._sink.octets += max(len(self._buffer) - 4, 0)
            self._buffer = self._buffer[-4:]
            return False
        self._sink.octets += end
        self._sink.messages += 1
        self._buffer = self._buffer[end + len(self._DOT) :]
        self._in_data = False
        answers += b"250 ok\r\n"
        return True


class LoopServer(Protocol):
    """What `serving` can run: both servers of this module, and scripted ones of tests."""

    port: int

    async def start(self) -> tuple[str, int]: ...

    async def stop(self) -> None: ...


@contextmanager
def serving(server: LoopServer) -> Iterator[int]:
    """Runs a server in a thread with a loop of its own; yields its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="practice-mail", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        try:
            yield server.port
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def run_sink(port_to: Callable[[int], object]) -> None:
    """Runs a `FastSink` in this process until it is ended; for a benchmark's second process."""

    async def run() -> None:
        sink = FastSink()
        await sink.start()
        port_to(sink.port)
        await asyncio.get_running_loop().create_future()

    asyncio.run(run())
