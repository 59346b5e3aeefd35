import asyncio
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tabiji.messaging.channels.email import mime, smtp
from tabiji.messaging.channels.email.delivery import (
    Bounced,
    Deferred,
    Delivery,
    Failed,
    FailedReason,
    Sent,
    Uncertain,
)
from tabiji.messaging.channels.email.replies import Kind, Stage
from tabiji.messaging.channels.email.smtp import SmtpPool, SmtpSettings
from tabiji.messaging.channels.email.tests import certificates
from tabiji.messaging.channels.email.tests.peers import DRIP, DROP, HANG, RESET, ScriptedPeer
from tabiji.messaging.channels.email.tests.test_mime import CASE_MAIL, skeleton
from tabiji.practice.mailserver import Fault, FaultRules, PracticeMailServer, Received
from tabiji.practice.mailserver import serving as mailserver_running

T = TypeVar("T")
WIRE = mime.personalise(skeleton(), CASE_MAIL)
SENDER = "bounce+t1@b.tanomore.example"
MISAKI = "misaki@aoba.example"


def run(test: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await test

    return asyncio.run(bounded())


def settings(port: int, **changes: Any) -> SmtpSettings:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "security": "none",
        "connections": 1,
        "connect_timeout_s": 5.0,
        "command_timeout_s": 5.0,
        "dot_timeout_s": 5.0,
    }
    return SmtpSettings(port=port, **(usual | changes))


IMPATIENT: dict[str, Any] = {"connect_timeout_s": 0.4, "command_timeout_s": 0.3, "dot_timeout_s": 0.3}


async def deliver(pool: SmtpPool, rcpt: str = MISAKI, wire: bytes = WIRE) -> Delivery:
    return await pool.deliver(SENDER, rcpt, wire)


def outcome_at(peer: ScriptedPeer, mails: int = 1, **changes: Any) -> list[Delivery]:
    """What becomes of some mails, one after the other, at a peer."""

    async def test() -> list[Delivery]:
        async with peer:
            pool = SmtpPool(settings(peer.port, **changes))
            try:
                return [await deliver(pool) for _ in range(mails)]
            finally:
                await pool.aclose()

    return run(test())


def test_a_mail_arrives_as_it_was_written() -> None:
    peer = ScriptedPeer()

    outcomes = outcome_at(peer)

    assert outcomes == [Sent("ok queued as A1")]
    assert peer.mails == [WIRE]
    assert peer.commands[0] == "EHLO localhost"
    assert peer.commands[1:4] == [f"MAIL FROM:<{SENDER}> SIZE={len(WIRE)}", f"RCPT TO:<{MISAKI}>", "DATA"]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
def test_a_refusal_at_any_stage_is_told_and_the_next_mail_goes_through(
    code: int, stage: str, pipelining: bool
) -> None:
    peer = ScriptedPeer({stage: [f"{code} {code // 100}.0.0 no"]}, pipelining=pipelining)

    refused, next_one = outcome_at(peer, mails=2)

    where = Stage(stage.lower())
    if code < 500:
        assert isinstance(refused, Deferred)
        assert refused.retry_after_s > 0
    else:
        assert isinstance(refused, Bounced)
    assert (refused.code, refused.enhanced, refused.stage) == (code, f"{code // 100}.0.0", where)
    assert isinstance(next_one, Sent)
    # After a 421 the server closes; after the others the connection goes on.
    assert peer.connections == (2 if code == 421 else 1)


@pytest.mark.parametrize("stage", ["greeting", "EHLO"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
def test_a_refusal_before_any_mail_blames_no_recipient(code: int, stage: str) -> None:
    (refused,) = outcome_at(ScriptedPeer({stage: [f"{code} no"] * 2}))

    if code < 500:
        assert isinstance(refused, Deferred)
        assert refused.stage is Stage.GREETING
    else:
        assert refused == Failed("refused", f"{code} no")


@pytest.mark.parametrize("how", [DROP, RESET])
def test_a_connection_that_breaks_after_the_dot_leaves_an_uncertain_mail(how: str) -> None:
    peer = ScriptedPeer({"dot": [how]})

    outcomes = outcome_at(peer, mails=2)

    assert isinstance(outcomes[0], Uncertain)
    assert isinstance(outcomes[1], Sent)
    assert len(peer.mails) == 2


@pytest.mark.parametrize("answer", ["garbage", "999 what", "354 go on", "x" * 40000, HANG, DRIP])
def test_no_clear_answer_after_the_dot_is_uncertain_and_bounded_in_time(answer: str) -> None:
    started = time.monotonic()

    (outcome,) = outcome_at(ScriptedPeer({"dot": [answer]}), dot_timeout_s=0.3)

    assert isinstance(outcome, Uncertain)
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("how", "reasons"),
    [
        (DROP, {"lost", "unreachable"}),
        (RESET, {"lost", "unreachable"}),
        (HANG, {"timeout"}),
        (DRIP, {"timeout"}),
        ("garbage", {"protocol", "lost", "unreachable", "refused"}),
    ],
)
def test_trouble_before_the_mail_has_left_is_a_failure_that_may_be_repeated(
    how: str, reasons: set[FailedReason], stage: str
) -> None:
    started = time.monotonic()
    peer = ScriptedPeer({stage: [how]})

    (outcome,) = outcome_at(peer, **(IMPATIENT if how in (HANG, DRIP) else {}))

    assert isinstance(outcome, Failed)
    assert outcome.reason in reasons
    assert peer.mails == []
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(("how", "reason"), [(HANG, "timeout"), (RESET, "lost")])
def test_a_far_side_that_stops_reading_has_not_taken_the_mail(how: str, reason: str) -> None:
    big = b"Subject: big\r\n\r\n" + b"x" * 70 + (b"\r\n" + b"y" * 70) * 300_000 + b"\r\n"

    async def test() -> Delivery:
        async with ScriptedPeer({"body": [how]}) as peer:
            pool = SmtpPool(settings(peer.port, dot_timeout_s=0.5))
            try:
                return await deliver(pool, wire=big)
            finally:
                await pool.aclose()

    outcome = run(test())

    assert isinstance(outcome, Failed)
    assert outcome.reason == reason


def test_a_connection_that_died_while_idle_is_replaced_without_a_word() -> None:
    for how in ("421 4.4.2 idle too long", DROP, RESET):
        peer = ScriptedPeer({"MAIL": ["250 ok", how]})

        outcomes = outcome_at(peer, mails=2)

        assert [type(outcome) for outcome in outcomes] == [Sent, Sent]
        assert peer.connections == 2


def test_a_greylisted_mail_goes_through_at_the_second_try() -> None:
    rules = FaultRules(
        {"@aoba.example": Fault(code=451, text="4.7.1 Greylisted, try again in 60 seconds", times=1)}
    )
    received: list[Received] = []

    async def test() -> list[Delivery]:
        server = PracticeMailServer(received.append, rules=rules)
        _, port = await server.start()
        pool = SmtpPool(settings(port))
        try:
            return [await deliver(pool) for _ in range(2)]
        finally:
            await pool.aclose()
            await server.stop()

    first, second = run(test())

    assert isinstance(first, Deferred)
    assert (first.kind, first.retry_after_s) == (Kind.GREYLISTED, 60)
    assert isinstance(second, Sent)
    assert [one.wire for one in received] == [WIRE]


def test_odd_but_legal_bytes_arrive_unchanged_at_a_real_server() -> None:
    odd = "Subject: x\r\n\r\n.\r\n..\r\n.dot\r\n八ビット\r\nlast".encode()
    received: list[Received] = []

    async def test() -> None:
        server = PracticeMailServer(received.append)
        _, port = await server.start()
        pool = SmtpPool(settings(port, command_timeout_s=5, dot_timeout_s=5))
        try:
            assert isinstance(await deliver(pool, wire=odd), Sent)
            assert isinstance(await deliver(pool, rcpt="a..b@docomo.ne.jp"), Sent)
            assert isinstance(await pool.deliver("", "info@日本語.jp", WIRE), Sent)
        finally:
            await pool.aclose()
            await server.stop()

    run(test())

    assert received[0].wire == odd + b"\r\n"
    assert received[1].rcpt.replace('"', "") == "a..b@docomo.ne.jp"
    assert (received[2].envelope_from, received[2].rcpt) == ("", "info@xn--wgv71a119e.jp")


def test_eight_bit_mail_is_announced_or_not_sent() -> None:
    eight_bit = "Subject: x\r\n\r\n八ビット\r\n".encode()
    offering, plain = ScriptedPeer(), ScriptedPeer({"EHLO": ["250 peer"]})

    async def test(peer: ScriptedPeer) -> Delivery:
        async with peer:
            pool = SmtpPool(settings(peer.port))
            try:
                return await deliver(pool, wire=eight_bit)
            finally:
                await pool.aclose()

    assert isinstance(run(test(offering)), Sent)
    assert offering.commands[1].endswith("BODY=8BITMIME")
    assert run(test(plain)) == Failed("unsafe_wire", "the server does not offer 8BITMIME")


def test_bare_line_ends_addresses_with_line_ends_and_oversize_never_leave() -> None:
    peer = ScriptedPeer({"EHLO": ["250-peer\r\n250 SIZE 20000"]})

    async def test() -> list[Delivery]:
        async with peer:
            pool = SmtpPool(settings(peer.port))
            try:
                return [
                    await deliver(pool, wire=b"Subject: x\r\n\r\n\n.\nMAIL FROM:<evil@x.example>\r\n"),
                    await deliver(pool, wire=b"Subject: x\r\r\n\r\n"),
                    await deliver(pool, wire=b"x" * 20001),
                    await deliver(pool, rcpt="a@x.example>\r\nRCPT TO:<b@x.example"),
                    await pool.deliver("a\r\n@x.example", MISAKI, WIRE),
                    await deliver(pool, rcpt="佐藤@aoba.example"),
                ]
            finally:
                await pool.aclose()

    outcomes = run(test())

    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Failed)]
    assert reasons == ["unsafe_wire", "unsafe_wire", "too_large", "bad_address", "bad_address", "bad_address"]
    assert peer.commands == ["EHLO localhost", "QUIT"]


def test_a_server_without_ehlo_gets_helo() -> None:
    peer = ScriptedPeer({"EHLO": ["502 what"], "HELO": ["250 peer"]})

    assert [type(outcome) for outcome in outcome_at(peer)] == [Sent]


def test_a_refused_recipient_leaves_no_open_transaction_behind() -> None:
    peer = ScriptedPeer({"RCPT": ["550 5.1.1 User unknown"]})

    outcome_at(peer, mails=2)

    verbs = [command[:4] for command in peer.commands]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_connection_carries_so_many_mails_and_no_more() -> None:
    peer = ScriptedPeer()

    outcome_at(peer, mails=5, messages_per_connection=2)

    assert peer.connections == 3
    assert [command for command in peer.commands if command == "QUIT"] == ["QUIT"] * 3


def test_an_idle_connection_is_probed_and_later_closed() -> None:
    peer = ScriptedPeer()

    async def test() -> None:
        async with peer:
            pool = SmtpPool(settings(peer.port, idle_probe_s=0.05, idle_close_s=0.6))
            await deliver(pool)
            await asyncio.sleep(0.1)
            await deliver(pool)
            assert (pool.open_connections, peer.connections) == (1, 1)
            await asyncio.sleep(0.7)
            assert pool.open_connections == 0
            await pool.aclose()

    run(test())

    assert "NOOP" in peer.commands
    assert peer.commands[-1] == "QUIT"


def test_a_dead_idle_connection_is_found_by_the_probe() -> None:
    peer = ScriptedPeer({"NOOP": [HANG]})

    async def test() -> Delivery:
        async with peer:
            pool = SmtpPool(settings(peer.port, idle_probe_s=0.0, command_timeout_s=0.3))
            await deliver(pool)
            try:
                return await deliver(pool)
            finally:
                await pool.aclose()

    assert isinstance(run(test()), Sent)
    assert peer.connections == 2


def test_one_tarpit_does_not_hold_up_the_other_connections() -> None:
    peer = ScriptedPeer({"dot": [HANG]})

    async def test() -> list[Delivery]:
        async with peer:
            pool = SmtpPool(settings(peer.port, connections=3))
            stuck = asyncio.create_task(deliver(pool))
            await asyncio.sleep(0.05)
            others = await asyncio.gather(*[deliver(pool) for _ in range(20)])
            assert not stuck.done()
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)
            await pool.aclose()
            return others

    assert [type(outcome) for outcome in run(test())] == [Sent] * 20


def test_a_server_that_allows_one_connection_gets_all_mails_over_it() -> None:
    peer = ScriptedPeer({"greeting": ["220 peer", *["421 4.7.0 too many connections"] * 9]})

    async def test() -> list[Delivery]:
        async with peer:
            pool = SmtpPool(settings(peer.port, connections=4))
            await deliver(pool)
            try:
                return await asyncio.gather(*[deliver(pool) for _ in range(12)])
            finally:
                await pool.aclose()

    assert [type(outcome) for outcome in run(test())] == [Sent] * 12


@pytest.mark.parametrize("stage", ["greeting", "EHLO"])
@pytest.mark.parametrize("code", ["554", "421"])
def test_a_refusal_in_no_known_encoding_can_still_be_stored(stage: str, code: str) -> None:
    peer = ScriptedPeer({stage: [f"{code} \udc82\udca0\x00 no"] * 9})

    async def test() -> Delivery:
        async with peer:
            pool = SmtpPool(settings(peer.port, connections=1))
            try:
                return await deliver(pool)
            finally:
                await pool.aclose()

    outcome = run(test())
    assert isinstance(outcome, Failed | Deferred)
    assert "\x00" not in outcome.text
    assert outcome.text.encode()


def test_a_server_that_is_down_fails_mails_at_once_and_is_used_again_when_up() -> None:
    async def test() -> tuple[list[Delivery], Delivery]:
        peer = ScriptedPeer()
        await peer.start()
        await peer.stop()
        pool = SmtpPool(settings(peer.port, connections=2))
        down = await asyncio.gather(*[deliver(pool) for _ in range(50)])
        await asyncio.sleep(0.6)
        async with ScriptedPeer(port=peer.port):
            up = await deliver(pool)
            await pool.aclose()
        return down, up

    down, up = run(test())

    assert {outcome.reason for outcome in down if isinstance(outcome, Failed)} == {"unreachable"}
    assert len(down) == 50
    assert isinstance(up, Sent)


def test_a_waiting_mail_is_given_up_cleanly() -> None:
    peer = ScriptedPeer({"dot": [HANG]})

    async def test() -> Delivery:
        async with peer:
            pool = SmtpPool(settings(peer.port, dot_timeout_s=0.5))
            stuck = asyncio.create_task(deliver(pool))
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(deliver(pool))
            await asyncio.sleep(0.05)
            waiting.cancel()
            last = asyncio.create_task(deliver(pool))
            assert isinstance(await stuck, Uncertain)
            try:
                return await last
            finally:
                await pool.aclose()

    assert isinstance(run(test()), Sent)


def test_a_lane_meant_for_a_mail_that_was_given_up_goes_to_the_next() -> None:
    async def test() -> Delivery:
        async with ScriptedPeer({"dot": [HANG]}) as peer:
            pool = SmtpPool(settings(peer.port, connections=2))
            stuck = asyncio.create_task(deliver(pool))
            await asyncio.sleep(0.1)

            async def first_then_cancel_second() -> None:
                await deliver(pool)
                # The lane is given back, and the second has been woken, but has not run yet.
                second.cancel()

            first = asyncio.create_task(first_then_cancel_second())
            await asyncio.sleep(0)
            second = asyncio.create_task(deliver(pool))
            third = asyncio.create_task(deliver(pool))
            await first
            try:
                return await asyncio.wait_for(third, 2)
            finally:
                stuck.cancel()
                await asyncio.gather(stuck, second, return_exceptions=True)
                await pool.aclose()

    assert isinstance(run(test()), Sent)


# -- before DATA


def test_before_data_comes_after_the_recipient_and_before_data() -> None:
    peer = ScriptedPeer()
    seen: list[list[str]] = []

    async def test() -> Delivery:
        async def before_data() -> None:
            seen.append([command[:4] for command in peer.commands])

        async with peer:
            pool = SmtpPool(settings(peer.port))
            try:
                return await pool.deliver(SENDER, MISAKI, WIRE, before_data)
            finally:
                await pool.aclose()

    assert isinstance(run(test()), Sent)
    assert seen == [["EHLO", "MAIL", "RCPT"]]


def test_a_mail_withdrawn_before_data_leaves_nothing_of_it() -> None:
    peer = ScriptedPeer()

    async def test() -> list[Delivery]:
        async def no() -> bool:
            return False

        async with peer:
            pool = SmtpPool(settings(peer.port))
            try:
                return [await pool.deliver(SENDER, MISAKI, WIRE, no), await deliver(pool)]
            finally:
                await pool.aclose()

    assert run(test()) == [Failed("withdrawn"), Sent("ok queued as A1")]
    assert len(peer.mails) == 1
    assert peer.connections == 1
    verbs = [command[:4] for command in peer.commands]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


def test_an_error_before_data_is_the_callers_and_the_pool_goes_on() -> None:
    peer = ScriptedPeer()

    async def test() -> Delivery:
        async def broken() -> None:
            raise LookupError("the database is gone")

        async with peer:
            pool = SmtpPool(settings(peer.port))
            with pytest.raises(LookupError):
                await pool.deliver(SENDER, MISAKI, WIRE, broken)
            assert peer.mails == []
            try:
                return await deliver(pool)
            finally:
                await pool.aclose()

    assert isinstance(run(test()), Sent)


def test_a_mail_is_announced_once_though_its_connection_was_replaced() -> None:
    peer = ScriptedPeer({"DATA": [], "MAIL": []})
    calls: list[int] = []

    async def test() -> Delivery:
        async def before_data() -> None:
            calls.append(1)

        async with peer:
            pool = SmtpPool(settings(peer.port))
            await deliver(pool)
            peer._left["DATA"] = [DROP]
            try:
                return await pool.deliver(SENDER, MISAKI, WIRE, before_data)
            finally:
                await pool.aclose()

    assert isinstance(run(test()), Sent)
    assert calls == [1]
    assert len(peer.mails) == 2


# -- TLS and login


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    return certificates.make(Path(tmp_path_factory.mktemp("tls")))


def secured(
    certificate: tuple[Any, str], *, implicit: bool, **changes: Any
) -> tuple[Delivery, list[Received]]:
    received: list[Received] = []

    async def test() -> Delivery:
        server = PracticeMailServer(
            received.append, tls=certificate[0], implicit_tls=implicit, credentials=("aoi", "geheim")
        )
        _, port = await server.start()
        usual = {
            "connect_timeout_s": 5,
            "command_timeout_s": 5,
            "dot_timeout_s": 5,
            "ca_file": certificate[1],
        }
        pool = SmtpPool(settings(port, **(usual | changes)))
        try:
            return await deliver(pool)
        finally:
            await pool.aclose()
            await server.stop()

    return run(test()), received


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
@pytest.mark.parametrize("address", [None, "127.0.0.1"])
def test_mail_goes_over_tls_after_a_login(
    certificate: tuple[Any, str], security: str, implicit: bool, address: str | None
) -> None:
    outcome, received = secured(
        certificate,
        implicit=implicit,
        security=security,
        host="localhost",
        address=address,
        username="aoi",
        password="geheim",
    )

    assert isinstance(outcome, Sent)
    assert [(one.tls, one.wire) for one in received] == [(True, WIRE)]


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
def test_an_unknown_certificate_stops_the_mail(
    certificate: tuple[Any, str], security: str, implicit: bool
) -> None:
    outcome, received = secured(certificate, implicit=implicit, security=security, ca_file=None)

    assert isinstance(outcome, Failed)
    assert outcome.reason == "tls"
    assert received == []


def test_a_wrong_password_is_told_as_such(certificate: tuple[Any, str]) -> None:
    outcome, _ = secured(
        certificate, implicit=False, security="starttls", host="localhost", username="aoi", password="wrong"
    )

    assert isinstance(outcome, Failed)
    assert outcome.reason == "auth"


def test_starttls_that_is_not_offered_stops_the_mail() -> None:
    (outcome,) = outcome_at(ScriptedPeer(), security="starttls")

    assert isinstance(outcome, Failed)
    assert outcome.reason == "tls"


def test_a_missing_certificate_file_is_told_as_such(tmp_path: Path) -> None:
    (outcome,) = outcome_at(ScriptedPeer(), security="starttls", ca_file=str(tmp_path / "none.pem"))

    assert isinstance(outcome, Failed)
    assert outcome.reason == "tls"
    assert "none.pem" in outcome.text


def test_a_password_in_clear_text_is_refused_but_on_loopback() -> None:
    with pytest.raises(ValueError, match="STARTTLS"):
        SmtpSettings(host="relay.example", port=25, security="none", username="a", password="b")
    SmtpSettings(host="127.0.0.1", port=25, security="none", username="a", password="b")


# -- the courier


def outgoing(count: int, rcpt: str = MISAKI) -> list[smtp.Outgoing]:
    return [smtp.Outgoing(number, SENDER, rcpt, WIRE) for number in range(count)]


class Ledger:
    """What a sender would write to its table, with the promise checked at each call."""

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.sending: set[Any] = set()
        self.finished: dict[Any, Delivery] = {}
        self.calls = 0

    def record(self, ids: Sequence[Any], finished: Sequence[tuple[Any, Delivery]]) -> None:
        self.calls += 1
        for id_, delivery in finished:
            assert id_ not in self.finished
            self.finished[id_] = delivery
            self.sending.discard(id_)
        self.sending |= set(ids)
        # Killed after this commit, so many mails would be of unknown fate.
        assert len(self.sending) <= self.connections


def test_a_courier_tells_every_outcome_once_and_never_has_more_under_way_than_connections() -> None:
    received: list[Received] = []
    rules = FaultRules({"bad@aoba.example": Fault(code=550, text="5.1.1 User unknown")})
    mails = outgoing(200)
    mails[7] = smtp.Outgoing(7, SENDER, "bad@aoba.example", WIRE)
    ledger = Ledger(connections=5)

    with (
        mailserver_running(PracticeMailServer(received.append, rules=rules)) as port,
        smtp.Courier(settings(port, connections=5, command_timeout_s=5, dot_timeout_s=5)) as courier,
    ):
        outcomes = courier.deliver_many(mails, ledger.record)

    assert [type(outcome) for outcome in outcomes] == [Sent] * 7 + [Bounced] + [Sent] * 192
    assert ledger.finished == dict(enumerate(outcomes))
    assert ledger.sending == set()
    assert len(received) == 199


def test_connections_stay_between_two_calls_of_a_courier() -> None:
    with (
        mailserver_running(peer := ScriptedPeer()) as port,
        smtp.Courier(settings(port, connections=2)) as courier,
    ):
        first = courier.deliver_many(outgoing(10))
        assert courier.open_connections == 2
        second = courier.deliver_many(outgoing(10))
        assert courier.deliver_many([]) == []

    assert [type(outcome) for outcome in first + second] == [Sent] * 20
    assert peer.connections == 2


def test_ids_that_the_ledger_does_not_return_are_withdrawn() -> None:
    with (
        mailserver_running(peer := ScriptedPeer()) as port,
        smtp.Courier(settings(port)) as courier,
    ):
        outcomes = courier.deliver_many(
            outgoing(4), lambda ids, finished: [id_ for id_ in ids if id_ in (0, 2)]
        )

    assert [type(outcome) for outcome in outcomes] == [Sent, Failed, Sent, Failed]
    assert outcomes[1] == Failed("withdrawn")
    assert len(peer.mails) == 2


def test_nothing_leaves_once_the_ledger_has_failed_and_its_error_is_raised() -> None:
    def failing(ids: Sequence[Any], finished: Sequence[Any]) -> None:
        if 2 in ids:
            raise LookupError("the database is gone")

    with (
        mailserver_running(peer := ScriptedPeer()) as port,
        smtp.Courier(settings(port)) as courier,
    ):
        with pytest.raises(LookupError):
            courier.deliver_many(outgoing(50), failing)
        assert len(peer.mails) == 2
        assert len([command for command in peer.commands if command.startswith("MAIL")]) < 10
        assert isinstance(courier.deliver_many(outgoing(1))[0], Sent)


def test_mails_that_could_not_be_begun_in_time_are_not_begun() -> None:
    with (
        mailserver_running(ScriptedPeer({"dot": [HANG]})) as port,
        smtp.Courier(settings(port, dot_timeout_s=0.4)) as courier,
    ):
        outcomes = courier.deliver_many(outgoing(3), start_within_s=0.2)

    assert isinstance(outcomes[0], Uncertain)
    assert outcomes[1:] == [Failed("not_started"), Failed("not_started")]


def test_outcomes_reach_the_ledger_while_another_mail_hangs() -> None:
    told: dict[Any, float] = {}

    def record(ids: Sequence[Any], finished: Sequence[tuple[Any, Delivery]]) -> None:
        told.update({id_: time.monotonic() for id_, _ in finished})

    with (
        mailserver_running(ScriptedPeer({"dot": [HANG]})) as port,
        smtp.Courier(settings(port, connections=2, dot_timeout_s=1.2)) as courier,
    ):
        outcomes = courier.deliver_many(outgoing(2), record)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Sent", "Uncertain"]
    sent = next(index for index, outcome in enumerate(outcomes) if isinstance(outcome, Sent))
    assert told[1 - sent] - told[sent] > 0.5
