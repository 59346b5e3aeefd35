import re
from functools import cache

import dkim as dkimpy
import pytest

from tabiji.messaging.channels.email import dkim, mime
from tabiji.messaging.channels.email.dkim import Algorithm, Signer
from tabiji.messaging.channels.email.tests.test_mime import CASE_MAIL, skeleton

ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")
HEAD = b"From: a@x.example\r\nTo: b@y.example\r\nSubject: s\r\nDate: Tue, 28 Apr 2026 14:03:00 +0900\r\n"


@cache
def key_for(algorithm: Algorithm) -> str:
    return dkim.generate_key(algorithm)


def signer(algorithm: Algorithm) -> Signer:
    return Signer(domain="tanomore.example", selector=algorithm[:3], private_key_pem=key_for(algorithm))


def dns(name: bytes, timeout: int = 5) -> bytes:
    for algorithm in ALGORITHMS:
        record = dkim.dns_record(
            domain="tanomore.example", selector=algorithm[:3], private_key_pem=key_for(algorithm)
        )
        if name.decode().rstrip(".") == record.name:
            return record.value.encode()
    return b""


def holds(wire: bytes, index: int = 0) -> bool:
    # As it arrives: SMTP ends every mail with a line end.
    arrived = wire if wire.endswith(b"\r\n") else wire + b"\r\n"
    try:
        return bool(dkimpy.DKIM(arrived).verify(idx=index, dnsfunc=dns))
    except dkimpy.ValidationError:
        return False


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_implementation_verifies_the_case_mail(algorithm: Algorithm) -> None:
    wire = mime.personalise(skeleton(), CASE_MAIL)

    signed = dkim.sign(wire, [signer(algorithm)], signed_at=1_777_000_000)

    assert signed.endswith(wire)
    assert isinstance(signed, mime.Wire)
    assert holds(signed)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n\r\n",
        b"text",
        b"text\r\n",
        b"text\r\n\r\n\r\n",
        b" \t \r\n",
        b"a  b\t\tc \t\r\n \r\n",
        b"ends in space ",
        b"  leads\r\n\tand tabs\r\n",
        b"x" * 5000 + b"\r\n",
        b"a b " * 500 + b"\r\n",
        b"a  b " * 500 + b"\r\n",
        "八ビット　の本文\r\n".encode(),
        b".\r\n..\r\n",
    ],
)
def test_odd_bodies_verify(algorithm: Algorithm, body: bytes) -> None:
    assert holds(dkim.sign(HEAD + b"\r\n" + body, [signer(algorithm)]))


def test_a_mail_may_carry_both_signatures() -> None:
    both = [signer(algorithm) for algorithm in ALGORITHMS]

    signed = dkim.sign(mime.personalise(skeleton(), CASE_MAIL), both, signed_at=1_777_000_000)

    assert holds(signed, 0)
    assert holds(signed, 1)


def test_what_a_receiver_relies_on_is_signed_and_from_twice() -> None:
    signed = dkim.sign(mime.personalise(skeleton(), CASE_MAIL), [signer("ed25519-sha256")])

    listed = re.search(rb"h=([^;]+);", signed)
    assert listed is not None
    names = [name.strip().decode() for name in listed.group(1).split(b":")]
    assert names.count("From") == 2
    assert {
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Reply-To",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
    } <= set(names)
    head = signed.partition(b"\r\nDate:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"One-Click", b"Two-Click"),
        (b"To: ", b"To: x "),
        (b"\r\nDate: ", b"\r\nFrom: evil@x.example\r\nDate: "),
        (b"base64\r\n\r\n", b"base64\r\n\r\nAAAA"),
    ],
)
def test_a_changed_mail_does_not_verify(before: bytes, after: bytes) -> None:
    signed = dkim.sign(mime.personalise(skeleton(), CASE_MAIL), [signer("ed25519-sha256")])
    changed = bytes(signed).replace(before, after, 1)

    assert changed != signed
    assert not holds(changed)


def test_headers_that_are_folded_or_doubled_verify() -> None:
    wire = (
        b"Subject: folded\r\n\tover  lines \r\nFrom:  a@x.example\r\nTo: one@y.example\r\nTo: two@y.example\r\n"
        b"\r\nbody\r\n"
    )

    assert holds(dkim.sign(wire, [signer("rsa-sha256")]))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_dns_record_is_complete_and_its_zone_line_in_pieces(algorithm: Algorithm) -> None:
    record = dkim.dns_record(domain="Tanomore.example", selector="s2026", private_key_pem=key_for(algorithm))

    assert record.name == "s2026._domainkey.tanomore.example"
    assert record.value.startswith("v=DKIM1; k=")
    pieces = re.findall(r'"([^"]*)"', record.zone_line)
    assert "".join(pieces) == record.value
    assert all(len(piece) <= 255 for piece in pieces)
    assert len(pieces) == (2 if algorithm == "rsa-sha256" else 1)


def test_a_mail_without_from_or_border_is_not_signed() -> None:
    with pytest.raises(ValueError, match="From"):
        dkim.sign(b"To: a@x.example\r\n\r\nbody", [signer("ed25519-sha256")])
    with pytest.raises(ValueError, match="empty line"):
        dkim.sign(b"From: a@x.example\r\n", [signer("ed25519-sha256")])


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_an_unusable_key_says_so(pem: str) -> None:
    with pytest.raises(dkim.UnusableKey):
        Signer(domain="tanomore.example", selector="s1", private_key_pem=pem)


@pytest.mark.parametrize("selector", ["", "a b", "a;b", "a\r\nb", "-a", "a" * 64])
def test_a_selector_must_be_a_dns_label(selector: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        Signer(domain="tanomore.example", selector=selector, private_key_pem=key_for("ed25519-sha256"))


def test_long_runs_of_white_space_cost_linear_time() -> None:
    # 2 MB of blanks before a letter took minutes with a pattern that looks for blanks at line ends.
    assert dkim.relaxed_body(b" " * 2_000_000 + b"x") == b" x\r\n"
