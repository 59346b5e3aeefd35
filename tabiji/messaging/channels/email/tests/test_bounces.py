import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.messaging.channels.email import bounces, html_text, verp
from tabiji.messaging.channels.email.bounces import (
    AutoReply,
    Bounce,
    Complaint,
    Inbound,
    Reply,
    Unknown,
    Unsubscribe,
)
from tabiji.messaging.channels.email.replies import Kind
from tabiji.messaging.channels.email.tests.test_mime import wire_of
from tabiji.practice.mailserver import Received, compose_bounce

DOMAIN = "b.tanomore.example"
VERP = verp.make("t42", DOMAIN)
OUR_ID = "m42.v3@mail.tanomore.example"
RETURNED = f"From: news@tanomore.example\nTo: x@aoba.example\nMessage-ID: <{OUR_ID}>\nSubject: s\n"


def read(text: str | bytes, **envelope: str) -> Inbound:
    raw = text if isinstance(text, bytes) else text.encode()
    return bounces.read(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), domain=DOMAIN, **envelope)


def dsn(
    fields: str, *, to: str = VERP, third: str = f"Content-Type: text/rfc822-headers\n\n{RETURNED}"
) -> str:
    return (
        f"From: MAILER-DAEMON@relay.example\nTo: {to}\nSubject: Undelivered Mail\nAuto-Submitted: auto-replied\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n\n'
        "--b1\nContent-Type: text/plain\n\nSorry.\n\n"
        "--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"{fields}\n--b1\n{third}\n--b1--\n"
    )


# -- RFC 3464


def test_a_report_names_token_mail_address_and_kind() -> None:
    found = read(
        dsn(
            "Final-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <x@aoba.example>: Recipient address rejected:\n"
            "    User unknown in local recipient table\n"
        )
    )

    assert found == Bounce(
        token="t42",
        message_id=OUR_ID,
        recipient="x@aoba.example",
        action="failed",
        kind=Kind.HARD,
        code=550,
        enhanced="5.1.1",
        diagnostic="550 5.1.1 <x@aoba.example>: Recipient address rejected:     User unknown in local recipient table",
        source="rfc3464",
    )


@pytest.mark.parametrize(
    ("fields", "action", "kind"),
    [
        ("Final-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 5.2.2\n", "failed", Kind.FULL),
        (
            "Final-Recipient: rfc822; x@docomo.ne.jp\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550 Unknown user x@docomo.ne.jp\n",
            "failed",
            Kind.UNKNOWN_USER_OR_REFUSED,
        ),
        (
            "Final-Recipient: rfc822; x@docomo.ne.jp\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 552 Too much mail data\n",
            "failed",
            Kind.FULL,
        ),
        (
            "Final-Recipient: rfc822;x@aoba.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550-5.7.26 Unauthenticated email is not accepted\n",
            "failed",
            Kind.BLOCK,
        ),
        (
            "Final-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 4.4.7\n"
            "Diagnostic-Code: smtp; delivery time expired\n",
            "failed",
            Kind.SOFT,
        ),
        (
            "Final-Recipient: rfc822; x@aoba.example\nAction: delayed (still trying)\nStatus: 4.4.1\n",
            "delayed",
            Kind.SOFT,
        ),
        ("Final-Recipient: rfc822; x@aoba.example\nAction: error\nStatus: 5.1.1\n", "failed", Kind.HARD),
    ],
)
def test_reports_of_several_kinds(fields: str, action: str, kind: Kind) -> None:
    found = read(dsn(fields))

    assert isinstance(found, Bounce)
    assert (found.action, found.kind) == (action, kind)


def test_the_far_sides_own_code_goes_before_a_general_status() -> None:
    found = read(
        dsn(
            "Final-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550 5.2.1 no\n"
        )
    )

    assert isinstance(found, Bounce)
    assert (found.enhanced, found.kind) == ("5.2.1", Kind.HARD)


def test_the_original_recipient_goes_before_the_final_one() -> None:
    found = read(
        dsn(
            "Original-Recipient: rfc822;info@aoba.example\nFinal-Recipient: rfc822;misaki@inner.example\n"
            "Action: failed\nStatus: 5.1.1\n"
        )
    )

    assert isinstance(found, Bounce)
    assert found.recipient == "info@aoba.example"


def test_a_failed_block_goes_before_a_delayed_one() -> None:
    found = read(
        dsn(
            "Final-Recipient: rfc822; a@aoba.example\nAction: delayed\nStatus: 4.4.1\n\n"
            "Final-Recipient: rfc822; b@aoba.example\nAction: failed\nStatus: 5.1.1\n"
        )
    )

    assert isinstance(found, Bounce)
    assert (found.action, found.recipient) == ("failed", "b@aoba.example")


def test_success_is_no_bounce() -> None:
    found = read(dsn("Final-Recipient: rfc822; x@aoba.example\nAction: delivered\nStatus: 2.0.0\n"))

    assert found == Unknown("delivery_notice", "t42")


def test_the_token_is_found_wherever_a_relay_puts_it() -> None:
    fields = "Final-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 5.1.1\n"
    by_return_path = f"Content-Type: message/rfc822\n\nReturn-Path: <{VERP}>\n{RETURNED}\nbody"

    tokens = [
        read(dsn(fields, to="postmaster@tanomore.example"), envelope_to=VERP),
        read(dsn(fields, to=f"x@tanomore.example\nDelivered-To: {VERP}")),
        read(dsn(fields, to="postmaster@tanomore.example", third=by_return_path)),
    ]

    assert [(found.token, found.message_id) for found in tokens if isinstance(found, Bounce)] == [
        ("t42", OUR_ID)
    ] * 3


def test_a_report_whose_status_part_is_encoded_is_read_all_the_same() -> None:
    status = (
        "Reporting-MTA: dns; r\n\nFinal-Recipient: rfc822; x@aoba.example\nAction: failed\nStatus: 5.1.1\n"
    )
    encoded = base64.encodebytes(status.encode()).decode()
    plain = dsn("").replace(
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n",
        f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}",
    )

    found = read(plain)

    assert isinstance(found, Bounce)
    assert (found.recipient, found.kind) == ("x@aoba.example", Kind.HARD)


def test_the_report_of_practice_mode_is_read() -> None:
    at = datetime(2026, 4, 28, 5, 3, tzinfo=UTC)
    received = Received(VERP, "a..b@docomo.ne.jp", wire_of(), at, "helo", False)

    found = read(compose_bounce(received, at=at, status="5.2.2", diagnostic="552 5.2.2 Mailbox full"))

    assert isinstance(found, Bounce)
    assert (found.token, found.message_id, found.kind) == ("t42", OUR_ID, Kind.FULL)
    assert (found.code, found.enhanced) == (552, "5.2.2")


# -- reports in prose

AU_REJECTED = f"""\
From: Postmaster@ezweb.ne.jp
To: {VERP}
Subject: Mail System Error - Returned Mail
Content-Type: text/plain

Each of the following recipients was rejected by a remote
mail server.

    Recipient: <misaki@ezweb.ne.jp>
    >>> RCPT TO:<misaki@ezweb.ne.jp>
    <<< 550 <misaki@ezweb.ne.jp>: User unknown
"""
AU_FULL = f"""\
From: Postmaster@au.com
To: {VERP}
Subject: Mail System Error - Returned Mail
Content-Type: text/plain

The user(s) account is temporarily over quota.

<misaki@au.com>
"""
AU_DISABLED = AU_FULL.replace("is temporarily over quota", "is disabled")
KDDI_FULL = f"""\
From: no-reply@x.dion.ne.jp
Return-Path: <>
To: {VERP}
Subject: Undelivered
Content-Type: text/plain

Your mail sent on: Tue, 28 Apr 2026 14:03:00 +0900
    Could not be delivered to: <misaki@aoba.example>
    As their mailbox is full.
"""
JAPANESE = (
    f"""\
From: MAILER-DAEMON@mail.example
To: {VERP}
Subject: =?ISO-2022-JP?B?{base64.b64encode("配信エラーのお知らせ".encode("iso2022_jp")).decode()}?=
Content-Type: text/plain; charset=iso-2022-jp

""".encode()
    + "宛先のメールアドレスが見つかりませんでした。\n宛先: misaki@aoba.example\n".encode("iso2022_jp")
)
QMAIL = f"""\
From: MAILER-DAEMON@yahoo.co.jp
To: {VERP}
Subject: failure notice

Hi. This is the qmail-send program at yahoo.co.jp.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<misaki@aoba.example>:
192.0.2.1 does not like recipient.
Remote host said: 554 delivery error: dd This user doesn't have an aoba.example account (misaki@aoba.example) [0]
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Message-ID: <{OUR_ID}>
From: news@tanomore.example

body
"""


@pytest.mark.parametrize(
    ("mail", "recipient", "kind"),
    [
        (AU_REJECTED, "misaki@ezweb.ne.jp", Kind.UNKNOWN_USER_OR_REFUSED),
        (AU_FULL, "misaki@au.com", Kind.FULL),
        (AU_DISABLED, "misaki@au.com", Kind.UNKNOWN_USER_OR_REFUSED),
        (KDDI_FULL, "misaki@aoba.example", Kind.FULL),
        (JAPANESE, "misaki@aoba.example", Kind.HARD),
        (QMAIL, "misaki@aoba.example", Kind.HARD),
    ],
)
def test_reports_in_prose_are_read(mail: str | bytes, recipient: str, kind: Kind) -> None:
    found = read(mail)

    assert isinstance(found, Bounce)
    assert (found.token, found.recipient, found.kind, found.source) == ("t42", recipient, kind, "text")
    assert found.action == "failed"
    assert found.diagnostic


def test_our_message_id_is_found_in_the_copy_within_the_text() -> None:
    found = read(QMAIL)

    assert isinstance(found, Bounce)
    assert (found.message_id, found.code) == (OUR_ID, 554)


def test_a_report_that_nobody_understands_is_unknown_not_a_reply() -> None:
    found = read(f"From: MAILER-DAEMON@x.example\nTo: {VERP}\nSubject: Undeliverable\n\n???\n")

    assert found == Unknown("unrecognised_bounce", "t42")


@pytest.mark.parametrize("sender", ["", "MAILER-DAEMON", "\u914d\u4fe1\u30b7\u30b9\u30c6\u30e0"])
def test_a_report_whose_sender_upsets_other_readers_is_read(sender: str) -> None:
    # flufl.bounce raises on a From without an address and on one with raw 8-bit letters.
    found = read(AU_FULL.replace("Postmaster@au.com", sender))

    assert isinstance(found, Bounce)
    assert found.kind is Kind.FULL


# -- complaints


def arf(kind: str, extra: str = "") -> str:
    return (
        "From: feedback@isp.example\nTo: abuse@tanomore.example\nSubject: complaint\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b1"\n\n'
        "--b1\nContent-Type: text/plain\n\nThis is a report.\n\n"
        f"--b1\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n{extra}\n"
        f"--b1\nContent-Type: message/rfc822\n\nReturn-Path: <{VERP}>\n{RETURNED}\nbody\n--b1--\n"
    )


def test_a_complaint_names_token_mail_and_recipient() -> None:
    found = read(arf("abuse", f"Original-Mail-From: <{VERP}>\nOriginal-Rcpt-To: <y@aoba.example>\n"))

    assert found == Complaint("t42", OUR_ID, "y@aoba.example", "abuse")


def test_a_complaint_with_blacked_out_recipient_is_known_by_our_own_marks() -> None:
    found = read(arf("abuse", "Original-Rcpt-To: [redacted]\n").replace("To: x@aoba", "To: x@aoba"))

    assert isinstance(found, Complaint)
    assert (found.token, found.message_id) == ("t42", OUR_ID)


def test_a_complaint_taken_back_and_a_dmarc_report_are_no_complaints() -> None:
    assert read(arf("not-spam")) == Unknown("not_spam", "t42")
    assert read(arf("auth-failure")) == Unknown("authentication_report", "t42")


# -- machines that answer


def letter(
    *, to: str = "news@tanomore.example", subject: str = "Re: s", extra: str = "", body: str = "はい"
) -> str:
    return (
        f"From: =?UTF-8?B?{base64.b64encode('佐藤 美咲'.encode()).decode()}?= <misaki@aoba.example>\n"
        f"To: {to}\nSubject: {subject}\nMessage-ID: <r1@aoba.example>\nIn-Reply-To: <{OUR_ID}>\n"
        f"References: <older@x.example> <{OUR_ID}>\n{extra}Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    )


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-generated; owner=x\n",
        "X-Autoreply: yes\n",
        "X-Autorespond: absent\n",
        "X-Auto-Reply: 1\n",
        "Precedence: auto_reply\n",
        "Precedence: bulk\n",
        "Return-Path: <>\n",
        "List-Id: <members.example>\n",
    ],
)
def test_marks_of_a_machine_make_an_automatic_reply(extra: str) -> None:
    found = read(letter(extra=extra))

    assert isinstance(found, AutoReply)
    assert found.message_ids == (OUR_ID, "older@x.example")


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("自動応答: 不在にしております", "out_of_office"),
        ("【自動返信】お問い合わせありがとうございます", "automatic"),
        ("Automatic reply: case mail", "automatic"),
        ("Out of Office: Misaki", "out_of_office"),
        ("Re: 不在のお知らせ", "out_of_office"),
        ("夏季休業のお知らせ", "out_of_office"),
    ],
)
def test_subjects_of_absence_notes_make_an_automatic_reply(subject: str, reason: str) -> None:
    encoded = f"=?UTF-8?B?{base64.b64encode(subject.encode()).decode()}?="

    found = read(letter(subject=encoded))

    assert isinstance(found, AutoReply)
    assert (found.reason, found.subject) == (reason, subject)


def test_what_answers_to_the_return_path_is_a_machine_whatever_it_says() -> None:
    found = read(letter(to=VERP, subject="ありがとうございます"))

    assert isinstance(found, AutoReply)
    assert found.token == "t42"


def test_a_null_envelope_sender_makes_it_automatic() -> None:
    assert isinstance(read(letter(), envelope_from=""), AutoReply)
    assert isinstance(read(letter(), envelope_from="misaki@aoba.example"), Reply)


def test_a_read_receipt_is_nothing_to_act_upon() -> None:
    found = read(
        "From: misaki@aoba.example\nTo: news@tanomore.example\nSubject: Read: s\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nread\n"
        "--b\nContent-Type: message/disposition-notification\n\nDisposition: automatic-action; displayed\n\n--b--\n"
    )

    assert found == Unknown("read_receipt")


# -- people who write


def test_a_person_who_answers_is_a_reply() -> None:
    found = read(letter(extra="Auto-Submitted: no\n", body="導入したいです。不在の日もあります。"))

    assert found == Reply(
        message_id="r1@aoba.example",
        message_ids=(OUR_ID, "older@x.example"),
        from_address="misaki@aoba.example",
        from_name="佐藤 美咲",
        subject="Re: s",
        text="導入したいです。不在の日もあります。\r\n",
    )


def test_a_mail_to_the_unsubscribe_address_is_that() -> None:
    found = read(letter(to=verp.make("u7", DOMAIN, "unsubscribe"), subject="unsubscribe"))

    assert found == Unsubscribe("u7", "misaki@aoba.example")


@pytest.mark.parametrize(
    ("label", "octets"),
    [
        ("iso-2022-jp", "㈱青葉の佐藤です".replace("㈱", "（株）").encode("iso2022_jp")),
        ("iso-2022-jp", b"\x1b$B-j\x1b(B aoba"),
        ("shift_jis", "㈱青葉の髙橋です".encode("cp932")),
        ("iso-2022-jp", b"\x1b(I6@6E\x1b(B"),
        ("us-ascii", "ラベルが嘘".encode("cp932")),
    ],
)
def test_japanese_bodies_decode(label: str, octets: bytes) -> None:
    raw = (
        letter().partition("Content-Type")[0].encode()
        + b"Content-Type: text/plain; charset=%s\n\n" % label.encode()
    )

    found = read(raw + octets)

    assert isinstance(found, Reply)
    assert found.text in ("（株）青葉の佐藤です", "㈱ aoba", "㈱青葉の髙橋です", "ｶﾀｶﾅ", "ラベルが嘘")


def test_an_html_letter_becomes_text() -> None:
    markup = "<style>p{}</style><p>検討&amp;相談<br>します</p><script>x</script><!-- c -->"
    raw = letter(body=markup).replace("text/plain", "text/html")

    found = read(raw)

    assert isinstance(found, Reply)
    assert found.text == "検討&相談\nします"


def test_plain_text_goes_before_html_and_attachments_are_left_alone() -> None:
    found = read(
        "From: misaki@aoba.example\nSubject: s\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="m"\n\n'
        "--m\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nattached\n"
        '--m\nContent-Type: multipart/alternative; boundary="a"\n\n'
        "--a\nContent-Type: text/html\n\n<p>html</p>\n--a\nContent-Type: text/plain\n\nplain\n--a--\n--m--\n"
    )

    assert isinstance(found, Reply)
    assert found.text.strip() == "plain"


# -- hostile input


def nested(depth: int) -> bytes:
    head = b"From: MAILER-DAEMON@x.example\n"
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(depth)
    )
    return head + opening + b"Content-Type: text/plain\n\nx\n"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b"\r\n \r\n", "empty"),
    "nul": (b"From: a@x.example\nSubject: x\x00\n\nbody", "nul_bytes"),
    "too large": (b"From: a@x.example\n\n" + b"x" * (bounces.MAIL_MAX + 1), "too_large"),
    "nested parts": (nested(1000), "nested_too_deep"),
    "nested mails": (b"From: a@x.example\n" + b"Content-Type: message/rfc822\n\n" * 1000, "nested_too_deep"),
    "many parts": (
        b'From: a@x.example\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 50000,
        "nested_too_deep",
    ),
    "no sender": (b"Subject: x\n\nbody", "no_sender"),
    "not a mail": (bytes(range(1, 256)) * 100, "no_sender"),
    "broken base64": (
        b"From: a@x.example\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n@@@%%% broken AAA",
        "unreadable_body",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_unknown_with_its_reason_in_bounded_time(name: str) -> None:
    raw, reason = HOSTILE[name]
    started = time.process_time()

    found = bounces.read(raw, domain=DOMAIN)

    assert isinstance(found, Unknown)
    assert found.reason == reason
    assert time.process_time() - started < 1.0


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"<" * MEGABYTE,
        b"From: " + b"=?utf-8?B?" * 100_000,
        b"From: MAILER-DAEMON@x\nSubject: " + b"a@" * 500_000,
        b"From: MAILER-DAEMON@x\nSubject: failure notice\n\n" + b"<a@b.example>:\n" * 60_000,
        b"From: MAILER-DAEMON@x\n\n" + b"Recipient: " * 90_000,
        b"From: a@b.example\nContent-Type: text/html\n\n" + b"<style" * 160_000,
        b"From: a@b.example\nContent-Type: text/html\n\n" + b"<!--" * 250_000,
        b"From: a@b.example\nContent-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B" * 330_000,
        b"From: a@b.example\nTo: " + b"bounce+" * 140_000,
        b"From: a@b.example\nReferences: " + b"<a@b>" * 200_000,
        b"X: y\n" * 200_000,
        dsn("Diagnostic-Code: smtp; " + "5.1.1 user " * 90_000 + "\nAction: failed\n").encode(),
        dsn("Action: failed\n\n" * 60_000).encode(),
        b"From: MAILER-DAEMON@x\n\n" + ("宛先" * 160_000).encode(),
        b"From: MAILER-DAEMON@x\n\n" + b"user " * 200_000,
    ],
    ids=(
        "opened brackets",
        "encoded words",
        "subject of addresses",
        "text of addresses",
        "recipients",
        "styles",
        "comments",
        "shifts",
        "return addresses",
        "references",
        "headers",
        "diagnosis",
        "recipient blocks",
        "Japanese",
        "words",
    ),
)
def test_large_and_repetitive_input_stays_within_two_seconds(raw: bytes) -> None:
    started = time.process_time()

    bounces.read(raw, domain=DOMAIN)

    assert time.process_time() - started < 2.0


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutilated_mails_never_raise_and_never_yield_nul_or_halves_of_pairs(data: st.DataObject) -> None:
    sample = data.draw(
        st.sampled_from([dsn("Action: failed\nStatus: 5.1.1\n"), arf("abuse"), AU_FULL, QMAIL, letter()])
    )
    raw = bytearray(sample.encode())
    for _ in range(data.draw(st.integers(0, 12))):
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position : position + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))

    found = bounces.read(bytes(raw), domain=DOMAIN)

    assert found != Unknown("unreadable")
    for value in (getattr(found, name) for name in found.__dataclass_fields__):
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                assert "\0" not in text
                text.encode("utf-8")


def test_words_of_html_leave_letters_whose_lower_case_is_longer_in_place() -> None:
    assert html_text.words_of("İİİ<b>x</b>İ<STYLE>y</Style>z") == "İİİxİz"
