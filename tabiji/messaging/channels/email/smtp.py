"""A pool of lasting SMTP connections, for a loop (`SmtpPool`) and for plain code (`Courier`)."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from tabiji.messaging.channels.email import addresses, conversation
from tabiji.messaging.channels.email.conversation import (
    BeforeData,
    Conversation,
    Parcel,
    SmtpSettings,
    Stale,
    Unopened,
)
from tabiji.messaging.channels.email.delivery import Deferred, Delivery, Failed

__all__ = ["Courier", "OnSending", "Outgoing", "SmtpPool", "SmtpSettings"]

_FIRST_REST_S: Final = 0.5
_LONGEST_REST_S: Final = 60.0
_LANES_TRIED: Final = 3


class SmtpPool:
    """Up to `settings.connections` connections to one server, opened when needed. Belongs to one event loop.

    The trouble of one connection never reaches the others. A lane that cannot connect rests for a doubling
    time (0.5 s to 60 s); while all lanes rest, mails fail at once instead of queueing for time-outs.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self._free = [_Lane(self) for _ in range(settings.connections)]
        self._lanes = tuple(self._free)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._tls: ssl.SSLContext | None = None
        self._standing: set[Conversation] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """How many connections stand now."""
        return sum(lane.is_open for lane in self._lanes)

    async def deliver(
        self, envelope_from: str, rcpt: str, wire: bytes, before_data: BeforeData | None = None
    ) -> Delivery:
        """Hands one mail over and says what became of it; raises only what `before_data` raises.

        `envelope_from` may be "" (a bounce of ours). `wire` has CRLF line ends (`mime.Wire` skips the check).
        `before_data` is awaited at most once, after the recipient is accepted and before DATA: nothing of the
        mail has left before it returns, and when it returns False nothing will (`Failed("withdrawn")`).
        """
        try:
            sender = addresses.wire_address(envelope_from) if envelope_from else ""
            recipient = addresses.wire_address(rcpt)
        except addresses.BadAddress as error:
            return Failed("bad_address", str(error))
        return await self._hand_over(Parcel(sender, recipient, wire, before_data))

    async def aclose(self) -> None:
        """Says QUIT on all connections and waits until they are gone, at most 2 s; later deliveries fail."""
        self._closed = True
        for lane in self._free:
            lane.close()
        if self._standing:
            await asyncio.wait([asyncio.ensure_future(one.gone()) for one in self._standing], timeout=2.0)
        for left in tuple(self._standing):
            left.abort()
        await asyncio.sleep(0)

    async def tls_context(self) -> ssl.SSLContext | None:
        """The TLS context, made once: reading the machine's certificates takes some 20 ms."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(conversation.make_tls_context, self.settings)
        return self._tls

    async def open(self) -> Conversation:
        """A new connection. Raises `Unopened`."""
        try:
            tls = await self.tls_context()
        except OSError as error:
            raise Unopened(Failed("tls", f"{self.settings.ca_file or 'certificates'}: {error}")) from error
        opened = await conversation.open_conversation(self.settings, tls)
        self._standing.add(opened)
        opened.when_gone(self._standing.discard)
        return opened

    async def _hand_over(self, parcel: Parcel) -> Delivery:
        for _ in range(_LANES_TRIED):
            lane = await self._take()
            if isinstance(lane, Deferred | Failed):
                return lane
            try:
                return await lane.carry(parcel)
            except Unopened as unopened:
                delivery = unopened.delivery
            finally:
                self._give_back(lane)
            # A server may allow fewer connections than we would like: then the others carry the mail.
            if not any(other.is_standing for other in self._lanes):
                break
        return delivery

    async def _take(self) -> "_Lane | Deferred | Failed":
        while not self._closed:
            now = asyncio.get_running_loop().time()
            if lane := self._best_free(now):
                self._free.remove(lane)
                return lane
            if len(self._free) == len(self._lanes):
                return self._free[-1].last_refusal
            await self._wait_for_lane(min((lane.rests_until for lane in self._free), default=None))
        return Failed("unreachable", "the pool is closed")

    def _best_free(self, now: float) -> "_Lane | None":
        # The last one used first: with little to send, the other connections may close.
        awake = [lane for lane in reversed(self._free) if lane.rests_until <= now]
        return next((lane for lane in awake if lane.is_open), awake[0] if awake else None)

    async def _wait_for_lane(self, rested_at: float | None) -> None:
        """Until a lane is given back, or has rested."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiter)
        alarm = None if rested_at is None else loop.call_at(rested_at, _wake_one, waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake(1)  # pass on the lane that was meant for us
            raise
        finally:
            if alarm is not None:
                alarm.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _give_back(self, lane: "_Lane") -> None:
        self._free.append(lane)
        if self._closed:
            lane.close()
        # When all lanes rest, nobody will wake the others later.
        everyone = self._closed or len(self._free) == len(self._lanes)
        self._wake(len(self._waiting) if everyone else 1)

    def _wake(self, count: int) -> None:
        while count and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                _wake_one(waiter)
                count -= 1


def _wake_one(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class _Lane:
    """One place in the pool: at most one conversation, and a rest after failing to open one."""

    def __init__(self, pool: SmtpPool) -> None:
        self._pool = pool
        self._conversation: Conversation | None = None
        self._closer: asyncio.TimerHandle | None = None
        self._failures = 0
        self.rests_until = 0.0
        self.last_refusal: Deferred | Failed = Failed("unreachable")

    @property
    def is_open(self) -> bool:
        return self._conversation is not None and self._conversation.is_usable

    @property
    def is_standing(self) -> bool:
        return self._conversation is not None and self._conversation.is_standing

    async def carry(self, parcel: Parcel) -> Delivery:
        """Raises `Unopened` when there is no connection and none can be made."""
        self._stay()
        try:
            return await (await self._ready()).deliver(parcel)
        except Stale:
            # A second and last try on a new connection: the first mail on a connection is never stale.
            self.close()
            return await (await self._ready()).deliver(parcel)
        finally:
            self._leave()

    async def _ready(self) -> Conversation:
        settings = self._pool.settings
        standing = self._conversation
        if standing is not None and standing.is_usable:
            idle = asyncio.get_running_loop().time() - standing.used_at
            if idle < settings.idle_probe_s or await standing.answers_noop():
                return standing
        self.close()
        return await self._open()

    async def _open(self) -> Conversation:
        loop = asyncio.get_running_loop()
        try:
            opened = await self._pool.open()
        except Unopened as unopened:
            rest = min(_FIRST_REST_S * 2**self._failures, _LONGEST_REST_S)
            self._failures = min(self._failures + 1, 10)
            self.rests_until = loop.time() + rest
            self.last_refusal = unopened.delivery
            raise
        self._failures = 0
        self._conversation = opened
        return opened

    def _stay(self) -> None:
        if self._closer is not None:
            self._closer.cancel()
            self._closer = None

    def _leave(self) -> None:
        if self.is_open:
            loop = asyncio.get_running_loop()
            self._closer = loop.call_later(self._pool.settings.idle_close_s, self.close)
        else:
            self.close()

    def close(self) -> None:
        self._stay()
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One mail to hand over; `id` is the caller's name for it, unique within a call."""

    id: Hashable
    envelope_from: str
    rcpt: str
    wire: bytes


# Called with the ids of mails that are about to leave, and with what became of others since the last call.
# Returns the ids that may leave, or None for all.
OnSending = Callable[[Sequence[Hashable], Sequence[tuple[Hashable, Delivery]]], Collection[Hashable] | None]


class Courier:
    """A pool with an event loop of its own, driven from plain code of one thread.

    The loop turns only while something is asked of it, so a courier that waits should `rest` now and then.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = SmtpPool(settings)

    @property
    def open_connections(self) -> int:
        """How many connections stand now."""
        return self._pool.open_connections

    def deliver_many(
        self,
        outgoing: Sequence[Outgoing],
        on_sending: OnSending | None = None,
        *,
        start_within_s: float | None = None,
    ) -> list[Delivery]:
        """Hands mails over on all connections at once; what became of each, in their order.

        `on_sending(ids, finished)` is called before DATA of the mails `ids`, while the loop stands: the caller
        marks them `sending` and stores `finished` in the same transaction. Connections that are ready at
        about the same moment share a call, and a connection's next mail is only announced together with, or
        after, the outcome of its last. So a process that dies leaves at most one mail per connection of unknown
        fate. Every outcome is given to `on_sending` exactly once, the last ones with no ids. Ids that it
        does not return are `Failed("withdrawn")` (a lost lease, a withdrawn intent).

        Mails not begun `start_within_s` seconds after the call are `Failed("not_started")`. When `on_sending`
        raises, nothing more leaves and nothing more is told; what is under way ends, and the error is raised again.
        """
        round_ = _Round(outgoing, self._loop, on_sending, start_within_s)
        running = self._loop.create_task(round_.run(self._pool))
        while not round_.has_ended:
            self._loop.run_until_complete(round_.until_news())
            round_.tell()
        self._loop.run_until_complete(running)
        if round_.failure is not None:
            raise round_.failure
        return [round_.deliveries[mail.id] for mail in outgoing]

    def rest(self) -> None:
        """Give connections that have been idle for long the occasion to close."""
        self._loop.run_until_complete(asyncio.sleep(0))

    def close(self) -> None:
        """Says QUIT on all connections."""
        if not self._loop.is_closed():
            self._loop.run_until_complete(_end(self._pool))
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _end(pool: SmtpPool) -> None:
    await pool.aclose()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


_TOGETHER_S: Final = 0.005
"""So long a connection that is ready waits for others: one commit for ten mails costs a third of ten commits."""
_COLLECT_S: Final = 0.05
"""So long outcomes alone wait for a mail to announce."""


class _Round:
    """One call of `deliver_many`: its mails on their way, and what is to be told of them while the loop stands."""

    def __init__(
        self,
        mails: Sequence[Outgoing],
        loop: asyncio.AbstractEventLoop,
        on_sending: OnSending | None,
        start_within_s: float | None,
    ) -> None:
        self._mails = iter(mails)
        self._loop = loop
        self._on_sending = on_sending
        self._deadline = float("inf") if start_within_s is None else loop.time() + start_within_s
        self._under_way = 0
        self._ready: dict[Hashable, asyncio.Future[bool]] = {}
        """Connections that wait for leave to send DATA, by their mail."""
        self._finished: list[tuple[Hashable, Delivery]] = []
        self._news = asyncio.Event()
        self._teller: asyncio.TimerHandle | None = None
        self.has_ended = False
        self.failure: BaseException | None = None
        self.deliveries: dict[Hashable, Delivery] = {}

    async def run(self, pool: SmtpPool) -> None:
        lanes = pool.settings.connections
        try:
            await asyncio.gather(*[self._carry_on(pool) for _ in range(lanes)])
        finally:
            self.has_ended = True
            self._news.set()

    async def until_news(self) -> None:
        """Until there is something to `tell`."""
        await self._news.wait()

    def tell(self) -> None:
        """Call `on_sending`, and let those go that may."""
        self._forget_teller()
        self._news.clear()
        ready, self._ready = self._ready, {}
        finished, self._finished = self._finished, []
        allowed: Collection[Hashable] | None = ()
        if self._on_sending is not None and self.failure is None and (ready or finished):
            try:
                allowed = self._on_sending(list(ready), finished)
            except BaseException as error:
                self.failure = error
        for id_, leave in ready.items():
            if not leave.done():
                leave.set_result(allowed is None or id_ in allowed)

    async def _carry_on(self, pool: SmtpPool) -> None:
        for mail in self._mails:  # one iterator for all connections
            delivery: Delivery = Failed("not_started")
            if self.failure is None and self._loop.time() < self._deadline:
                self._under_way += 1
                delivery = await self._carry(pool, mail)
                self._under_way -= 1
            self.deliveries[mail.id] = delivery
            if self._on_sending is not None:
                self._finished.append((mail.id, delivery))
                self._tell_soon()

    async def _carry(self, pool: SmtpPool, mail: Outgoing) -> Delivery:
        ask = None if self._on_sending is None else lambda: self._ask_leave(mail.id)
        return await pool.deliver(mail.envelope_from, mail.rcpt, mail.wire, ask)

    async def _ask_leave(self, id_: Hashable) -> bool:
        leave: asyncio.Future[bool] = self._loop.create_future()
        self._ready[id_] = leave
        self._under_way -= 1
        self._tell_soon()
        try:
            return await leave
        finally:
            self._under_way += 1

    def _tell_soon(self) -> None:
        # Not before the lane that speaks has taken its next mail.
        self._loop.call_soon(self._tell_when_ready)

    def _tell_when_ready(self) -> None:
        """At once where nobody else is on the way to being ready, else after a while."""
        if self._ready and not self._under_way:
            self._news.set()
            return
        at = self._loop.time() + (_TOGETHER_S if self._ready else _COLLECT_S)
        if self._teller is None or at < self._teller.when():
            self._forget_teller()
            self._teller = self._loop.call_at(at, self._news.set)

    def _forget_teller(self) -> None:
        if self._teller is not None:
            self._teller.cancel()
            self._teller = None
