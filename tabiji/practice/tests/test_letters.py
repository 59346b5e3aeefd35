"""Reading mails for the inbox: words, links and headers as a mailbox would show them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from tabiji.practice import letters
from tabiji.practice.letters import Link

HTML = """<!doctype html><html lang="ja"><head><title>x</title></head><body>
<p>佐藤 様</p><a href="http://127.0.0.1:8001/c/AAA"><b>進め方</b>を
見る</a><a href="https://tanomoa.example/"><img alt="タノモア" src="x"></a>
<a href="javascript:alert(1)">悪い</a><a href="mailto:a@x.example">書く</a><a href="#top">上へ</a>
<a href="http://127.0.0.1:8001/c/TRAP" style="display: none" tabindex="-1"></a></body></html>"""


def wire(*, html: str = HTML, text: str = "佐藤 様\nhttp://127.0.0.1:8001/c/AAA", **headers: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "タノモア おまかせ <info@tanomoa.example>"
    mail["To"] = "佐藤 美咲 <misaki@aoba.example>"
    mail["Subject"] = "FAXの受発注を3か月でやめた工場の話"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def test_words_are_decoded() -> None:
    read = letters.read(wire())

    assert read.subject == "FAXの受発注を3か月でやめた工場の話"
    assert read.sender == "タノモア おまかせ <info@tanomoa.example>"
    assert "佐藤 様" in read.html
    assert read.text.startswith("佐藤 様")
    assert letters.envelope_words(wire()) == (read.sender, read.subject)


def test_links_are_those_that_people_can_click_and_one_that_they_cannot_see() -> None:
    assert letters.read(wire()).links == (
        Link("進め方を 見る", "http://127.0.0.1:8001/c/AAA"),
        Link("タノモア", "https://tanomoa.example/"),
        Link("http://127.0.0.1:8001/c/TRAP", "http://127.0.0.1:8001/c/TRAP", is_hidden=True),
    )


def test_a_mail_of_text_alone_has_its_addresses_as_links() -> None:
    read = letters.read(wire(html=""))

    assert (read.html, [link.url for link in read.links]) == ("", ["http://127.0.0.1:8001/c/AAA"])


def test_one_click_needs_both_headers() -> None:
    url = "http://127.0.0.1:8000/u/TOKEN"
    full = letters.read(
        wire(List_Unsubscribe=f"<mailto:x@y.example>, <{url}>", List_Unsubscribe_Post=letters.ONE_CLICK)
    )
    half = letters.read(wire(List_Unsubscribe=f"<{url}>"))

    assert (full.unsubscribe_url, full.is_one_click) == (url, True)
    assert (half.unsubscribe_url, half.is_one_click) == (url, False)


def test_headers_stand_as_on_the_wire_with_folds_joined() -> None:
    raw = b"Subject: =?utf-8?q?a?=\r\n =?utf-8?q?b?=\r\nX-Long: one\r\n\ttwo\r\nBroken line\r\n\r\nbody\r\n"

    assert letters.read(raw).headers == (("Subject", "=?utf-8?q?a?= =?utf-8?q?b?="), ("X-Long", "one two"))


def test_a_broken_mail_is_shown_and_not_refused() -> None:
    for raw in (
        b"",
        b"\r\n\r\n",
        b"Content-Type: text/html; charset=no-such-thing\r\n\r\n<p>\xff\xfe</p>\r\n",
        b"Date: yesterday\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"Subject: \xff\xff\r\nFrom: <<>>\r\n\r\nx",
    ):
        read = letters.read(raw)
        letters.envelope_words(raw)
        assert read.date is None
    assert "p>" in letters.read(b"Content-Type: text/html; charset=no-such-thing\r\n\r\n<p>\xff</p>\r\n").html


def test_links_of_a_frame_open_outside_of_it() -> None:
    assert '<head><base target="_blank"><title>' in letters.framed(HTML)
    assert letters.framed("<p>x</p>") == '<base target="_blank"><p>x</p>'
