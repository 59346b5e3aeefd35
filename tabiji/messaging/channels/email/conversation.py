"""One SMTP connection: opened and secured by aiosmtplib, then spoken with pipelining by our own protocol.

aiosmtplib awaits one answer a command and cannot say whether the final dot has left this machine. Both matter
here, so it opens the connection (greeting, EHLO, STARTTLS, AUTH) and hands its transport over.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal, cast

import aiosmtplib

from tabiji.messaging.channels.email import replies
from tabiji.messaging.channels.email.delivery import Bounced, Deferred, Delivery, Failed, Sent, Uncertain
from tabiji.messaging.channels.email.mime import Wire
from tabiji.messaging.channels.email.replies import Reply, Stage

Security = Literal["none", "starttls", "tls"]

_ANSWER_MAX: Final = 32 * 1024
_ANSWERS_MAX: Final = 10  # we never wait for more than three
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach one SMTP server. Times are seconds.

    `address` is a checked IP address to connect to, while `host` still names the TLS certificate.
    A password is refused on a connection in clear text, loopback excepted.
    """

    host: str
    port: int
    security: Security = "starttls"
    address: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    helo: str = "localhost"
    verify_certificate: bool = True
    ca_file: str | None = None
    connections: int = 10
    # docomo takes at most 100 recipients a session.
    messages_per_connection: int = 100
    idle_close_s: float = 60.0
    idle_probe_s: float = 15.0
    connect_timeout_s: float = 30.0  # TCP, TLS, greeting, EHLO and AUTH together
    command_timeout_s: float = 60.0  # each of MAIL, RCPT, DATA, RSET, NOOP
    # After the dot the far side may own the mail already: hurry makes mails of unknown fate (RFC 1047).
    dot_timeout_s: float = 180.0

    def __post_init__(self) -> None:
        if self.connections < 1 or self.messages_per_connection < 1:
            raise ValueError("connections and messages_per_connection must be 1 or more")
        if self.username and self.security == "none" and self.host not in _LOOPBACK_NAMES:
            raise ValueError("a password needs a connection with STARTTLS or TLS")


BeforeData = Callable[[], Awaitable[bool | None]]


class Unopened(Exception):
    """No usable connection could be made. `delivery` is what that means for the mail that wanted it."""

    def __init__(self, delivery: Failed | Deferred) -> None:
        super().__init__(delivery)
        self.delivery = delivery


class Stale(Exception):
    """An older connection turned out dead before it took the mail; a new one may take it."""


class _Broken(Exception):
    """The conversation cannot go on."""

    def __init__(self, reason: Literal["timeout", "lost", "protocol"], text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


@dataclass(slots=True)
class Parcel:
    """A mail on its way through a conversation: envelope in wire form, bytes, and how far it has come."""

    envelope_from: str
    recipient: str
    wire: bytes
    before_data: BeforeData | None
    announced: bool = False
    handing_over: bool = False


async def open_conversation(settings: SmtpSettings, tls: ssl.SSLContext | None) -> "Conversation":
    """Connects, secures, logs in. Raises `Unopened`."""
    client = aiosmtplib.SMTP(
        local_hostname=settings.helo,
        timeout=settings.connect_timeout_s,
        use_tls=settings.security == "tls",
        start_tls=False,
        tls_context=tls,
    )
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            await _connect(client, settings)
            await _greet(client)
            if settings.security == "starttls":
                await _secure(client, settings, tls)
            if settings.username is not None:
                await _log_in(client, settings.username, settings.password or "")
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("connection closed by the far side")
        return Conversation(settings, cast(asyncio.Transport, client.transport), client.esmtp_extensions)
    except (TimeoutError, aiosmtplib.SMTPTimeoutError) as error:
        client.close()
        raise Unopened(Failed("timeout", f"no session within {settings.connect_timeout_s:g} s")) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise Unopened(Failed("lost", _text_of(error))) from error
    except BaseException:
        client.close()
        raise


def make_tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """The context for `settings`, or None for a connection in clear text. Reads certificates from disk."""
    if settings.security == "none":
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    if not settings.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Conversation(asyncio.Protocol):
    """Sends mails over one connection, one after the other. Not safe for two tasks at once."""

    def __init__(self, settings: SmtpSettings, transport: asyncio.Transport, offers: dict[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._settings = settings
        self._transport = transport
        self._pipelining = "pipelining" in offers
        self._eight_bit = "8bitmime" in offers
        self._size_max = int(offers["size"]) if offers.get("size", "").isdigit() else 0
        self._with_size = "size" in offers
        self._buffer = bytearray()
        self._answers: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._broken: _Broken | None = None
        self._unsent = False
        self._needs_reset = False
        self._begun = 0
        self.used_at = self._loop.time()
        # With this high-water mark, "paused" means that bytes of ours have not left the process.
        transport.set_write_buffer_limits(high=1)
        transport.set_protocol(self)

    @property
    def is_usable(self) -> bool:
        """Open, in step, and with messages left to send."""
        return (
            self._broken is None
            and not self._transport.is_closing()
            and not self._answers
            and not self._buffer
            and self._begun < self._settings.messages_per_connection
        )

    @property
    def is_standing(self) -> bool:
        """Open, be it in the middle of a mail."""
        return self._broken is None and not self._transport.is_closing()

    async def deliver(self, parcel: Parcel) -> Delivery:
        """Hands one mail over. After `Failed`, `Uncertain` or a 421 the conversation is closed.

        Raises `Stale` when the connection broke before anything of this mail was at stake; the parcel
        may be given to a new conversation.
        """
        if refusal := self._unfit(parcel):
            return refusal
        self._begun += 1
        try:
            return await self._transact(parcel)
        except _Broken as broken:
            return self._broken_off(parcel, broken)
        except BaseException:
            # Cancelled, or before_data raised: the dialogue is out of step whatever the cause.
            self.abort()
            raise
        finally:
            self.used_at = self._loop.time()

    async def answers_noop(self) -> bool:
        """Whether the far side is still there; asks it, at most 5 s."""
        try:
            self._write(b"NOOP\r\n")
            return (await self._answer(min(5.0, self._settings.command_timeout_s))).code == 250
        except _Broken:
            return False

    def when_gone(self, call: Callable[["Conversation"], object]) -> None:
        """Calls once the connection is gone, from the loop."""
        self._gone.add_done_callback(lambda _: call(self))

    async def gone(self) -> None:
        """Returns once the connection is gone."""
        await asyncio.shield(self._gone)

    def close(self) -> None:
        """Says QUIT without waiting for the answer."""
        if not self._transport.is_closing():
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def abort(self) -> None:
        """Drops the connection and whatever of ours has not left yet."""
        self._transport.abort()

    # -- what one mail goes through

    def _unfit(self, parcel: Parcel) -> Failed | None:
        size = len(parcel.wire)
        if self._size_max and size > self._size_max:
            return Failed("too_large", f"{size} bytes, the server takes {self._size_max}")
        if isinstance(parcel.wire, Wire):
            return None
        if _has_bare_line_end(parcel.wire):
            # A bare LF next to a dot is how a second mail is smuggled in.
            return Failed("unsafe_wire", "bare CR or LF")
        if not self._eight_bit and not parcel.wire.isascii():
            return Failed("unsafe_wire", "the server does not offer 8BITMIME")
        return None

    async def _transact(self, parcel: Parcel) -> Delivery:
        refusal = await self._offer(parcel)
        if refusal is not None:
            return refusal
        if parcel.before_data is not None and not parcel.announced:
            parcel.announced = True
            if await parcel.before_data() is False:
                self._needs_reset = True
                return Failed("withdrawn")
        self._write(b"DATA\r\n")
        go = await self._answer(self._settings.command_timeout_s)
        if go.code != 354:
            return self._refused(parcel, go, Stage.DATA)
        self._write(_with_dot(parcel.wire), parcel)
        answer = await self._answer(self._settings.dot_timeout_s)
        if answer.code // 100 == 2:
            return Sent(answer.text)
        return self._refused(parcel, answer, Stage.DOT)

    async def _offer(self, parcel: Parcel) -> Deferred | Bounced | None:
        """RSET if the last mail left a rest, MAIL, RCPT: in one write where the server pipelines."""
        steps: list[tuple[Stage | None, bytes]] = [(None, b"RSET\r\n")] if self._needs_reset else []
        steps.append((Stage.MAIL, self._mail_command(parcel)))
        steps.append((Stage.RCPT, b"RCPT TO:<%s>\r\n" % parcel.recipient.encode("ascii")))
        self._needs_reset = False
        if self._pipelining:
            self._write(b"".join([command for _, command in steps]))
        refusal: Deferred | Bounced | None = None
        for stage, command in steps:
            if not self._pipelining:
                self._write(command)
            answer = await self._answer(self._settings.command_timeout_s)
            if answer.code // 100 == 2 or stage is None or refusal is not None:
                continue
            refusal = self._refused(parcel, answer, stage)
            if not self._pipelining or self._transport.is_closing():
                break
        return refusal

    def _mail_command(self, parcel: Parcel) -> bytes:
        size = b" SIZE=%d" % len(parcel.wire) if self._with_size else b""
        plain = isinstance(parcel.wire, Wire) or parcel.wire.isascii()
        body = b"" if plain else b" BODY=8BITMIME"
        return b"MAIL FROM:<%s>%s%s\r\n" % (parcel.envelope_from.encode("ascii"), size, body)

    def _refused(self, parcel: Parcel, answer: Reply, stage: Stage) -> Deferred | Bounced:
        self._needs_reset = True
        if answer.code == 421:
            # The server closes after a 421 (RFC 5321 3.8): no more on this connection.
            self.close()
            if self._begun > 1 and stage in (Stage.MAIL, Stage.RCPT):
                raise Stale
        if answer.code // 100 not in (4, 5):
            raise _Broken("protocol", f"{answer.code} to {stage}")
        kind = replies.classify(
            code=answer.code,
            enhanced=answer.enhanced,
            text=answer.text,
            recipient=parcel.recipient,
            stage=stage,
        )
        if answer.code // 100 == 5:
            return Bounced(answer.code, answer.enhanced, answer.text, kind, stage)
        wait = replies.retry_after_s(kind, answer.text)
        return Deferred(answer.code, answer.enhanced, answer.text, wait, kind, stage)

    def _broken_off(self, parcel: Parcel, broken: _Broken) -> Delivery:
        # Looked at before the abort: what is unsent now will never be sent, and the dot comes last.
        unsent = self._unsent
        self.abort()
        if parcel.handing_over and not unsent:
            return Uncertain(broken.text)
        if broken.reason == "lost" and self._begun > 1 and not parcel.handing_over:
            raise Stale
        return Failed(broken.reason, broken.text)

    # -- bytes out, answers in

    def _write(self, octets: bytes, parcel: Parcel | None = None) -> None:
        if self._broken is not None:
            raise self._broken
        if parcel is not None:
            parcel.handing_over = True
        self._transport.write(octets)

    async def _answer(self, timeout_s: float) -> Reply:
        if not self._answers:
            await self._wait(timeout_s)
        return self._answers.popleft()

    async def _wait(self, timeout_s: float) -> None:
        if self._broken is not None:
            raise self._broken
        self._waiter = waiter = self._loop.create_future()
        # One timer for the whole answer: a far side that drips letters gains nothing.
        timer = self._loop.call_later(timeout_s, self._break, "timeout", f"no answer within {timeout_s:g} s")
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _break(self, reason: Literal["timeout", "lost", "protocol"], text: str) -> None:
        if self._broken is None:
            self._broken = _Broken(reason, text)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._broken)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while (answer := self._take_answer()) is not None:
                self._answers.append(answer)
        except _Broken as broken:
            self._break(broken.reason, broken.text)
            return
        if len(self._answers) > _ANSWERS_MAX:
            self._break("protocol", "answers that nobody asked for")
        elif self._answers and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _take_answer(self) -> Reply | None:
        """The next complete reply in the buffer, or None. Raises `_Broken` for what is not SMTP."""
        lines: list[str] = []
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            line = bytes(self._buffer[start:end]).rstrip(b"\r")
            code, mark = line[:3], line[3:4]
            if not (code.isdigit() and b"200" <= code <= b"599" and mark in (b" ", b"-", b"")):
                raise _Broken("protocol", f"not an SMTP answer: {line[:80]!r}")
            lines.append(line[4:].decode("utf-8", "replace").replace("\0", ""))
            start = end + 1
            if mark != b"-":
                del self._buffer[:start]
                return replies.read_reply(int(code), lines)
        if len(self._buffer) > _ANSWER_MAX:
            raise _Broken("protocol", f"an answer over {_ANSWER_MAX} bytes")
        return None

    def pause_writing(self) -> None:
        self._unsent = True

    def resume_writing(self) -> None:
        self._unsent = False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break("lost", f"connection lost: {exc}" if exc else "connection closed by the far side")
        if not self._gone.done():
            self._gone.set_result(None)

    def eof_received(self) -> bool:
        self._break("lost", "connection closed by the far side")
        return False


async def _connect(client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    try:
        if settings.address is None:
            await client.connect(hostname=settings.host, port=settings.port)
        else:
            await client.connect(hostname=settings.host, sock=await _connected_socket(settings))
    except aiosmtplib.SMTPConnectResponseError as error:
        raise Unopened(_refused_greeting(error.code, error.message)) from error
    except aiosmtplib.SMTPTimeoutError:
        raise
    except aiosmtplib.SMTPResponseException as error:
        raise Unopened(Failed("protocol", _text_of(error))) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        about_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
        raise Unopened(Failed("tls" if about_tls else "unreachable", _text_of(error))) from error


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502):
            raise Unopened(_refused_greeting(error.code, error.message)) from error
        try:
            await client.helo()
        except aiosmtplib.SMTPHeloError as again:
            raise Unopened(_refused_greeting(again.code, again.message)) from again


async def _secure(client: aiosmtplib.SMTP, settings: SmtpSettings, tls: ssl.SSLContext | None) -> None:
    try:
        await client.starttls(server_hostname=settings.host, tls_context=tls)
        await client.ehlo()
    except aiosmtplib.SMTPTimeoutError:
        raise
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unopened(Failed("tls", _text_of(error))) from error


async def _log_in(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    try:
        await client.login(username, password)
    except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected):
        raise
    except aiosmtplib.SMTPException as error:
        raise Unopened(Failed("auth", _text_of(error))) from error


async def _connected_socket(settings: SmtpSettings) -> socket.socket:
    address = ipaddress.ip_address(cast(str, settings.address))
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (str(address), settings.port))
    except BaseException:
        sock.close()
        raise
    return sock


def _refused_greeting(code: int, message: str) -> Failed | Deferred:
    message = _legible(message)
    answer = replies.read_reply(code, message.splitlines())
    if code // 100 != 4:
        return Failed("refused", f"{code} {message}"[: replies.TEXT_MAX])
    kind = replies.classify(
        code=code, enhanced=answer.enhanced, text=answer.text, recipient="", stage=Stage.GREETING
    )
    wait = replies.retry_after_s(kind, answer.text)
    return Deferred(code, answer.enhanced, answer.text, wait, kind, Stage.GREETING)


def _text_of(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _legible(f"{error.code} {error.message}")[: replies.TEXT_MAX]
    return _legible(str(error))[: replies.TEXT_MAX]


def _legible(said: str) -> str:
    """What a server says in whatever encoding, as text that can be stored."""
    return said.encode("utf-8", "replace").decode().replace("\0", "")


def _has_bare_line_end(wire: bytes) -> bool:
    rest = wire.replace(b"\r\n", b"")
    return b"\n" in rest or b"\r" in rest


def _with_dot(wire: bytes) -> bytes:
    """The bytes of DATA: dots at line starts doubled (RFC 5321 4.5.2), ended by the line with the dot."""
    if isinstance(wire, Wire):
        return wire + b".\r\n"
    wire = wire.replace(b"\r\n.", b"\r\n..")
    if wire.startswith(b"."):
        wire = b"." + wire
    return wire + (b".\r\n" if wire.endswith(b"\r\n") else b"\r\n.\r\n")
