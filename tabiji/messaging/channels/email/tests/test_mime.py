import base64
import email
import email.header
import email.policy
import email.utils
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage, Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.messaging.channels.email import mime
from tabiji.messaging.channels.email.addresses import BadAddress, Mailbox
from tabiji.messaging.channels.email.mime import Personal, Skeleton, UnsafeHeader

JST = timezone(timedelta(hours=9))
LONG_URL = "https://t.tanomore.example/u/" + "A1b2-_" * 40
SENDER = Mailbox("news@tanomore.example", "タノモア編集部")
CASE_MAIL = Personal(
    to=Mailbox("misaki@aoba.example", "佐藤 美咲 様"),
    subject="FAXの受発注を3か月でやめた工場の話",
    text="佐藤 様\n①㈱髙﨑😀の例です。\n.で始まる行\n",
    html="<p>佐藤 様</p>\n<p>①㈱髙﨑😀の例です。</p>\n",
    date=datetime(2026, 4, 28, 14, 3, tzinfo=JST),
    message_id="m42.v3@mail.tanomore.example",
    one_click_url=LONG_URL,
    unsubscribe_mailto="unsubscribe+t42@b.tanomore.example",
)


def skeleton() -> Skeleton:
    return mime.prepare(
        SENDER,
        reply_to=Mailbox("sales@tanomore.example", "営業 髙橋"),
        feedback_id="m42:w1:broadcast:tabiji",
    )


def wire_of(personal: Personal = CASE_MAIL) -> bytes:
    return bytes(mime.personalise(skeleton(), personal))


def parsed(wire: bytes) -> EmailMessage:
    message = email.message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parsed_old(wire: bytes) -> Message:
    return email.message_from_bytes(wire, policy=email.policy.compat32)


def test_the_standard_parser_reads_back_what_was_given() -> None:
    message = parsed(wire_of())

    assert message.defects == []
    assert message["From"].addresses[0].display_name == "タノモア編集部"
    assert message["From"].addresses[0].addr_spec == "news@tanomore.example"
    assert message["To"].addresses[0].display_name == "佐藤 美咲 様"
    assert message["To"].addresses[0].addr_spec == "misaki@aoba.example"
    assert message["Reply-To"].addresses[0].display_name == "営業 髙橋"
    assert message["Subject"] == CASE_MAIL.subject
    assert message["Date"].datetime == CASE_MAIL.date
    assert message["Message-ID"] == "<m42.v3@mail.tanomore.example>"
    assert message["Feedback-ID"] == "m42:w1:broadcast:tabiji"
    assert message["Auto-Submitted"] is None
    text, html = list(message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert isinstance(text, EmailMessage) and isinstance(html, EmailMessage)
    assert text.get_content().replace("\r\n", "\n") == CASE_MAIL.text
    assert html.get_content().replace("\r\n", "\n") == CASE_MAIL.html


def test_the_wire_has_crlf_ascii_and_short_lines_only() -> None:
    wire = wire_of()
    lines = wire.split(b"\r\n")

    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert wire.endswith(b"--\r\n")
    assert not any(line.startswith(b".") for line in lines)
    unsubscribe = [line for line in lines if LONG_URL.encode() in line]
    assert max(len(line) for line in lines if line not in unsubscribe) <= 76


def test_the_bodies_are_base64_of_utf8_with_crlf() -> None:
    text = parsed_old(wire_of()).get_payload()[0]  # type: ignore[index]

    assert isinstance(text, Message)
    assert text["Content-Transfer-Encoding"] == "base64"
    assert isinstance(CASE_MAIL.text, str)
    assert base64.b64decode(text.get_payload()).decode() == CASE_MAIL.text.replace("\n", "\r\n")  # type: ignore[arg-type]


SHARED = ["見積と納期の転記をなくす。\n" * 30, "x" * 301, "髙" * 100]


@given(st.lists(st.one_of(st.sampled_from(SHARED), st.text(max_size=90)), max_size=9))
def test_stretches_that_all_copies_share_read_as_if_each_copy_were_encoded_whole(pieces: list[str]) -> None:
    shared = mime.prepare(SENDER, shared=SHARED)
    in_pieces = replace(CASE_MAIL, text=list(pieces), html=list(reversed(pieces)))
    whole = replace(CASE_MAIL, text="".join(pieces), html="".join(reversed(pieces)))

    wire, plain = mime.personalise(shared, in_pieces), mime.personalise(mime.prepare(SENDER), whole)

    assert bodies(wire) == bodies(plain)
    # Some readers decode line by line.
    lines = re.findall(rb"^[A-Za-z0-9+/=]+(?=\r$)", wire.partition(b"\r\n\r\n")[2], re.MULTILINE)
    assert all(len(line) <= 76 and len(line) % 4 == 0 for line in lines)


def bodies(wire: bytes) -> list[bytes]:
    parts = parsed_old(wire).get_payload()
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[union-attr,misc]


@pytest.mark.parametrize("length", [0, 1, 2, 56, 57, 58, 3646, 3647, 3648, 3649, 3650, 11111])
def test_a_body_of_any_length_comes_back(length: int) -> None:
    body = "0123456789"[: length % 10] + "abcdefghij" * (length // 10)

    message = parsed(wire_of(replace(CASE_MAIL, text=body, html=None)))

    assert message.get_content_type() == "text/plain"
    assert message.get_content() == body


def test_mixed_line_ends_become_crlf() -> None:
    text = parsed_old(wire_of(replace(CASE_MAIL, text="a\rb\r\nc\nd", html=None)))

    assert text.get_payload(decode=True) == b"a\r\nb\r\nc\r\nd"


def test_list_unsubscribe_stands_on_the_wire_as_rfc_8058_wants_it() -> None:
    wire = wire_of()

    assert (
        b"\r\nList-Unsubscribe: <"
        + LONG_URL.encode()
        + b">,\r\n <mailto:unsubscribe+t42@b.tanomore.example>\r\n"
        + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ) in wire


def test_a_short_list_unsubscribe_is_one_line() -> None:
    wire = wire_of(
        replace(CASE_MAIL, one_click_url="https://t.example/u/1", unsubscribe_mailto="u@t.example")
    )

    assert b"\r\nList-Unsubscribe: <https://t.example/u/1>, <mailto:u@t.example>\r\n" in wire


def test_mailto_alone_promises_no_one_click() -> None:
    wire = wire_of(replace(CASE_MAIL, one_click_url=None))

    assert b"\r\nList-Unsubscribe: <mailto:unsubscribe+t42@b.tanomore.example>\r\n" in wire
    assert b"List-Unsubscribe-Post" not in wire


def test_a_transactional_answer_carries_auto_submitted_and_no_list_headers() -> None:
    answer = replace(CASE_MAIL, one_click_url=None, unsubscribe_mailto=None)

    wire = bytes(mime.personalise(mime.prepare(SENDER, auto_submitted="auto-replied"), answer))

    assert b"\r\nAuto-Submitted: auto-replied\r\n" in wire
    assert b"List-" not in wire
    assert b"Reply-To" not in wire


def test_the_owner_of_the_person_may_be_the_sender() -> None:
    owner = Mailbox("haru@tanomore.example", "ハル")

    message = parsed(wire_of(replace(CASE_MAIL, sender=owner, reply_to=owner)))

    assert message["From"].addresses[0].addr_spec == "haru@tanomore.example"
    assert message["Reply-To"].addresses[0].addr_spec == "haru@tanomore.example"


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("a..b@docomo.ne.jp", b'<"a..b"@docomo.ne.jp>'),
        (".foo@ezweb.ne.jp", b'<".foo"@ezweb.ne.jp>'),
        ("info@日本語.jp", b"<info@xn--wgv71a119e.jp>"),
    ],
)
def test_odd_addresses_stand_quoted_or_encoded_in_to(address: str, wire: bytes) -> None:
    assert wire in wire_of(replace(CASE_MAIL, to=Mailbox(address, "鈴木")))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Misaki Sato",
        "Sato, Misaki",
        'Misaki "Mi" Sato',
        "back\\slash",
        "misaki@aoba.example",
        "=?utf-8?q?x?=",
        "a\tb",
        "株式会社" * 40,
        "A" * 200,
        "名" * 17,
        "😀" * 30,
    ],
)
def test_any_display_name_is_read_back_as_written(name: str) -> None:
    wire = wire_of(replace(CASE_MAIL, to=Mailbox("misaki@aoba.example", name)))
    field = re.search(rb"\r\nTo: (.*?)\r\n(?=\S)", wire, re.S)

    assert field is not None
    assert max(map(len, field.group(0).strip().split(b"\r\n"))) <= 76
    # The old API keeps the text exactly; the new one tidies white space within names.
    shown = email.utils.parseaddr(str(parsed_old(wire)["To"]).replace("\r\n", ""))
    decoded = str(email.header.make_header(email.header.decode_header(shown[0])))
    assert (decoded, shown[1]) == (name, "misaki@aoba.example")


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Hello",
        " leading",
        "trailing ",
        "two  spaces " * 12 + "x",
        "word " * 40 + "end",
        "x" * 300,
        "=?utf-8?q?=0D=0ABcc:_evil?=",
        "tab\tinside",
        "【タノモア】事例集をお送りします" * 12,
        "①㈱髙﨑😀" * 30,
        "e\u0301" * 60,
    ],
)
def test_any_subject_is_read_back_as_written(subject: str) -> None:
    wire = wire_of(replace(CASE_MAIL, subject=subject))
    field = re.search(rb"\r\nSubject: ?(.*?)\r\n(?=\S)", wire, re.S)

    assert field is not None
    assert max(map(len, field.group(0).strip(b"\r\n").split(b"\r\n"))) <= 76
    raw = str(parsed_old(wire)["Subject"])
    unfolded = raw.replace("\r\n", "")
    assert str(email.header.make_header(email.header.decode_header(unfolded))) == subject


@given(subject=st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200))
@settings(max_examples=150, deadline=None)
def test_encoded_words_are_short_and_cut_between_characters(subject: str) -> None:
    words = mime.encoded_words(subject, 67).split("\r\n ")

    assert all(len(word) <= 75 for word in words)
    assert len(words[0]) <= 67
    # Each word decodes alone, so none was cut within a character.
    texts = [base64.b64decode(word[10:-2]).decode() for word in words if word]
    assert "".join(texts) == subject


CONTROLS = [
    "\r\nBcc: x@y.example",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x00",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x7f",
    "\ud800",
]


@pytest.mark.parametrize("bad", CONTROLS)
def test_a_control_character_in_any_header_raises_and_nothing_is_stripped(bad: str) -> None:
    box = Mailbox("a@x.example", f"name{bad}x")
    address = Mailbox(f"a{bad}@x.example")
    cases = {
        "Subject": replace(CASE_MAIL, subject=f"a{bad}b"),
        "To": replace(CASE_MAIL, to=box),
        "From": replace(CASE_MAIL, sender=box),
        "Reply-To": replace(CASE_MAIL, reply_to=box),
        "Message-ID": replace(CASE_MAIL, message_id=f"a{bad}b@x.example"),
        "List-Unsubscribe": replace(CASE_MAIL, one_click_url=f"https://x.example/{bad}"),
    }

    for field, personal in cases.items():
        with pytest.raises(UnsafeHeader) as caught:
            wire_of(personal)
        assert caught.value.field == field
    with pytest.raises(UnsafeHeader):
        wire_of(replace(CASE_MAIL, to=address))
    with pytest.raises(UnsafeHeader):
        mime.prepare(SENDER, feedback_id=f"a{bad}b")
    with pytest.raises((UnsafeHeader, BadAddress)):
        wire_of(replace(CASE_MAIL, unsubscribe_mailto=f"u{bad}@x.example"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://x.example/",
        "https://x.example/a b",
        "https://x.example/>,<b",
        "https://例え.jp/",
    ],
)
def test_an_unsubscribe_address_must_be_a_plain_web_address(url: str) -> None:
    with pytest.raises(UnsafeHeader):
        wire_of(replace(CASE_MAIL, one_click_url=url))


def test_an_unsubscribe_address_over_the_line_limit_is_refused() -> None:
    with pytest.raises(UnsafeHeader):
        wire_of(replace(CASE_MAIL, one_click_url="https://x.example/" + "a" * 1000))


def test_a_date_keeps_its_zone_and_needs_one() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5)

    assert mime.rfc5322_date(moment.replace(tzinfo=UTC)) == b"Fri, 02 Jan 2026 03:04:05 +0000"
    newfoundland = timezone(-timedelta(hours=3, minutes=30))
    assert mime.rfc5322_date(moment.replace(tzinfo=newfoundland)).endswith(b"-0330")
    with pytest.raises(ValueError, match="time zone"):
        mime.rfc5322_date(moment)


def test_no_body_can_hold_the_boundary() -> None:
    boundary = skeleton().boundary.decode()

    message = parsed(wire_of(replace(CASE_MAIL, text=f"--{boundary}--\n--{boundary}\n")))

    assert len(list(message.iter_parts())) == 2


@given(text=st.text(max_size=300), name=st.text(max_size=60), subject=st.text(max_size=120))
@settings(max_examples=150, deadline=None)
def test_whatever_is_rendered_the_wire_stays_in_form_or_is_refused(
    text: str, name: str, subject: str
) -> None:
    personal = replace(CASE_MAIL, text=text, html=text, subject=subject, to=Mailbox("a@x.example", name))
    try:
        wire = wire_of(personal)
    except UnsafeHeader:
        return
    head = wire.partition(b"\r\n\r\n")[0]

    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert len(re.findall(rb"(?:^|\r\n)[A-Za-z-]+:", head)) == 11
    assert b"\r\n." not in wire
