import asyncio
import email
import email.policy
import smtplib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tabiji.practice import mailserver
from tabiji.practice.mailserver import FastSink, Fault, FaultRules, PracticeMailServer, Received

MAIL = b"From: news@tanomore.example\r\nSubject: s\r\nMessage-ID: <m1@x.example>\r\n\r\nhello\r\n.dot\r\n"
SENDER = "bounce+t1@b.tanomore.example"


def send(port: int, rcpt: str = "misaki@aoba.example", mail: bytes = MAIL) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=5) as client:
        client.sendmail(SENDER, [rcpt], mail)


def wait_for(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until, "it did not come about within 5 s"
        time.sleep(0.01)


def test_mail_for_anyone_is_stored_with_its_envelope() -> None:
    received: list[Received] = []
    before = datetime.now(UTC)

    with mailserver.serving(PracticeMailServer(received.append)) as port:
        send(port)

    (one,) = received
    assert (one.envelope_from, one.rcpt, one.wire) == (SENDER, "misaki@aoba.example", MAIL)
    assert (one.helo, one.tls) == ("client.example", False)
    assert before <= one.received_at <= datetime.now(UTC)


def test_a_coroutine_may_store() -> None:
    received: list[Received] = []

    async def store(one: Received) -> None:
        await asyncio.sleep(0)
        received.append(one)

    with mailserver.serving(PracticeMailServer(store)) as port:
        send(port)

    assert len(received) == 1


def test_each_recipient_is_stored_and_a_null_sender_is_empty() -> None:
    received: list[Received] = []

    with (
        mailserver.serving(PracticeMailServer(received.append)) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=5) as client,
    ):
        client.sendmail("", ["a@x.example", "b@x.example"], MAIL)

    assert [(one.envelope_from, one.rcpt) for one in received] == [("", "a@x.example"), ("", "b@x.example")]


def test_a_mail_that_was_not_stored_is_not_acknowledged(caplog: pytest.LogCaptureFixture) -> None:
    def store(one: Received) -> None:
        raise LookupError("the database is gone")

    with (
        mailserver.serving(PracticeMailServer(store)) as port,
        pytest.raises(smtplib.SMTPDataError) as caught,
    ):
        send(port)

    assert caught.value.smtp_code == 451
    assert "could not be stored" in caplog.text


def test_a_mail_over_the_size_limit_or_with_a_long_line_is_refused() -> None:
    received: list[Received] = []

    with mailserver.serving(PracticeMailServer(received.append, size_limit=5000)) as port:
        with pytest.raises(smtplib.SMTPException):
            send(port, mail=b"Subject: x\r\n\r\n" + b"x" * 70 * 100)
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(port, mail=b"Subject: x\r\n\r\n" + b"x" * 999)
        send(port, mail=b"Subject: x\r\n\r\n" + b"x" * 998)

    assert caught.value.smtp_code == 500
    assert len(received) == 1


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b".\r\n", b""),
        (b"x\r\n.\r\n", b"x\r\n"),
        (b"..\r\n...x\r\n\r\n.\r\n", b".\r\n..x\r\n\r\n"),
        (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n"),
    ],
)
def test_only_a_line_with_one_dot_ends_a_mail_and_added_dots_go(sent: bytes, stored: bytes) -> None:
    received: list[Received] = []

    with (
        mailserver.serving(PracticeMailServer(received.append)) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=5) as client,
    ):
        client.ehlo()
        client.mail(SENDER)
        client.rcpt("misaki@aoba.example")
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(sent)
        assert client.getreply()[0] == 250
        assert client.docmd("DATA")[0] == 503

    assert [one.wire for one in received] == [stored]


def test_it_listens_on_loopback_only() -> None:
    for make in (lambda: PracticeMailServer(print, host="0.0.0.0"), lambda: FastSink(host="192.0.2.1")):
        with pytest.raises(ValueError, match="loopback"):
            make()


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
def test_a_rule_answers_its_code_at_its_stage(stage: Any) -> None:
    received: list[Received] = []
    rules = FaultRules({"@aoba.example": Fault(stage=stage, code=450, text="4.2.1 later", times=1)})

    with mailserver.serving(PracticeMailServer(received.append, rules=rules)) as port:
        with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
            send(port)
        send(port)
        send(port, "other@x.example")

    assert [one.rcpt for one in received] == ["misaki@aoba.example", "other@x.example"]


@pytest.mark.parametrize(("stage", "stored"), [("rcpt", 0), ("data", 0), ("dot", 1)])
def test_a_dropped_connection_has_stored_the_mail_only_after_the_dot(stage: Any, stored: int) -> None:
    received: list[Received] = []
    rules = FaultRules({"misaki@aoba.example": Fault(stage=stage, drop=True)})

    with (
        mailserver.serving(PracticeMailServer(received.append, rules=rules)) as port,
        pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)),
    ):
        send(port)

    assert len(received) == stored


def test_a_rule_may_delay_and_may_be_taken_away() -> None:
    rules = FaultRules()
    rules.set("@AOBA.example", Fault(stage="dot", delay_s=0.5))

    with mailserver.serving(PracticeMailServer(lambda one: None, rules=rules)) as port:
        started = time.monotonic()
        send(port)
        delayed = time.monotonic() - started
        rules.set("@aoba.example", None)
        started = time.monotonic()
        send(port)
        undelayed = time.monotonic() - started

    assert delayed > 0.5 > undelayed


def test_mail_to_bounce_example_is_taken_and_comes_back_as_a_report() -> None:
    received: list[Received] = []
    returned: list[bytes] = []

    def bounce(one: Received) -> None:
        returned.append(mailserver.compose_bounce(one, at=datetime(2026, 4, 28, 5, 3, tzinfo=UTC)))

    server = PracticeMailServer(received.append, rules=mailserver.practice_rules(), bounce=bounce)
    with mailserver.serving(server) as port:
        send(port, "tanaka@bounce.example")
        wait_for(lambda: returned)

    assert received == []
    report = email.message_from_bytes(returned[0], policy=email.policy.default)
    assert report["To"].addresses[0].addr_spec == SENDER
    assert [part.get_content_type() for part in report.walk()][:3] == [
        "multipart/report",
        "text/plain",
        "message/delivery-status",
    ]
    assert b"\r\nFinal-Recipient: rfc822; tanaka@bounce.example\r\n" in returned[0]
    assert b"\n" not in returned[0].replace(b"\r\n", b"")


def test_the_sink_counts_mails_however_they_are_cut_and_understands_pipelining() -> None:
    sink = FastSink()
    stream = (
        b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n" + MAIL + b".\r\n"
        b"RSET\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n.\r\nFROB\r\nQUIT\r\n"
    )

    async def talk(port: int, size: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start in range(0, len(stream), size):
            writer.write(stream[start : start + size])
            await asyncio.sleep(0 if size > 20 else 0.0005)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    with mailserver.serving(sink) as port:
        answers = [asyncio.run(talk(port, size)) for size in (1, 7, 10_000)]

    codes = [b"220", *[b"250"] * 6, b"354", *[b"250"] * 5, b"354", b"250", b"502", b"221"]
    assert all([line[:3] for line in answer.splitlines()] == codes for answer in answers)
    assert sink.messages == 6
