"""Mail to colleagues: delivered by the worker, tried a bounded number of times, never to a wrong server."""

from __future__ import annotations

import email
from datetime import timedelta
from email import policy

import pytest
from django.conf import LazySettings
from django.core.mail import send_mail

from tabiji.core import crypto, postgres
from tabiji.practice import inbox
from tabiji.practice.mailserver import Fault, FaultRules, PracticeMailServer, Received, serving
from tabiji.practice.tests.test_inbox import colleague
from tabiji.workspaces import staff_mail
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import Role, notices

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_else(settings: LazySettings) -> None:
    settings.STAFF_SMTP_URL = ""
    settings.PRACTICE_SMTP = ""
    settings.EMAIL_BACKEND = "tabiji.workspaces.staff_mail.OutboxBackend"


def rows() -> list[tuple[bool, int, str]]:
    """(was sent, attempts, error) of the outbox."""
    found = postgres.rows("SELECT sent_at IS NOT NULL, attempts, error FROM staff_mail ORDER BY id")
    return [(row[0], row[1], row[2]) for row in found]


def test_a_notice_reaches_the_practice_inbox_of_its_workspace(
    workspace: WorkspaceInfo, settings: LazySettings, letters_sent: list[Received]
) -> None:
    haru = colleague("haru@tanomoa.example", Role.SALES)
    notices.mail([haru.user_id], subject="引き渡しが届きました", body="佐藤 美咲さん\n\n" + "長い" * 200)

    with serving(PracticeMailServer(letters_sent.append)) as port:
        settings.PRACTICE_SMTP = f"127.0.0.1:{port}"
        assert staff_mail.deliver_due() == 1
        assert staff_mail.deliver_due() == 0

    assert rows() == [(True, 1, "")]
    assert inbox.store(letters_sent) == [None]
    mail = email.message_from_bytes(letters_sent[0].wire, policy=policy.SMTP)
    assert (mail["Subject"], mail["To"]) == ("引き渡しが届きました", "haru@tanomoa.example")
    assert "佐藤 美咲さん" in mail.get_content()
    token = letters_sent[0].envelope_from.partition("+")[2].partition("@")[0]
    assert crypto.read("bounce", token) == (workspace.id, 0)


def test_mail_of_a_practice_workspace_never_reaches_the_real_server(
    workspace: WorkspaceInfo, settings: LazySettings, letters_sent: list[Received]
) -> None:
    real: list[Received] = []
    haru = colleague("haru@tanomoa.example", Role.SALES)
    notices.mail([haru.user_id], subject="練習", body="x")
    send_mail("ログイン", "コード", None, ["aoi@real.example"])

    with (
        serving(PracticeMailServer(letters_sent.append)) as practice,
        serving(PracticeMailServer(real.append)) as port,
    ):
        settings.PRACTICE_SMTP = f"127.0.0.1:{practice}"
        settings.STAFF_SMTP_URL = f"smtp+plain://127.0.0.1:{port}"
        staff_mail.deliver_due()

    assert [one.rcpt for one in letters_sent] == ["haru@tanomoa.example"]
    assert [one.rcpt for one in real] == ["aoi@real.example"]


def test_a_mail_is_tried_again_later_and_not_for_ever(
    workspace: WorkspaceInfo, settings: LazySettings
) -> None:
    send_mail("ログイン", "コード", None, ["aoi@real.example"])
    waits = []
    rules = FaultRules({"@real.example": Fault(code=451, text="4.7.1 later")})

    with serving(PracticeMailServer(lambda one: None, rules=rules)) as port:
        settings.STAFF_SMTP_URL = f"smtp+plain://127.0.0.1:{port}"
        for _ in range(staff_mail.ATTEMPTS):
            assert staff_mail.deliver_due() == 1
            assert staff_mail.deliver_due() == 0
            waits.append(
                postgres.scalar(
                    "SELECT CASE WHEN isfinite(next_at) THEN next_at - clock_timestamp() END FROM staff_mail"
                )
            )
            postgres.execute("UPDATE staff_mail SET next_at = now() WHERE isfinite(next_at)")
        assert staff_mail.deliver_due() == 0

    assert waits[-1] is None
    assert [round(one / timedelta(seconds=30)) for one in waits[:4]] == [1, 2, 4, 8]
    assert rows()[0][:2] == (False, staff_mail.ATTEMPTS)
    assert "4.7.1 later" in rows()[0][2]


def test_a_refusal_for_good_ends_it(settings: LazySettings) -> None:
    send_mail("ログイン", "コード", None, ["gone@unknown.example"])
    rules = FaultRules({"@unknown.example": Fault(code=550, text="5.1.1 User unknown")})

    with serving(PracticeMailServer(lambda one: None, rules=rules)) as port:
        settings.STAFF_SMTP_URL = f"smtp+plain://127.0.0.1:{port}"
        staff_mail.deliver_due()

    assert rows()[0][:2] == (False, 1)
    assert postgres.scalar("SELECT isfinite(next_at) FROM staff_mail") is False


def test_without_a_server_the_error_says_what_to_set() -> None:
    send_mail("ログイン", "コード", None, ["aoi@real.example"])

    staff_mail.deliver_due()

    assert "TABIJI_SMTP_URL" in rows()[0][2]


def test_one_broken_mail_keeps_no_other_back(settings: LazySettings, letters_sent: list[Received]) -> None:
    postgres.execute(
        'INSERT INTO staff_mail ("to", subject, body, attempts, error) VALUES'
        " ('a@real.example', E'two\\r\\nBcc: x@y.example', 'x', 0, ''), ('b@real.example', 'well', 'x', 0, '')"
    )

    with serving(PracticeMailServer(letters_sent.append)) as port:
        settings.STAFF_SMTP_URL = f"smtp+plain://127.0.0.1:{port}"
        staff_mail.deliver_due()

    assert [one.rcpt for one in letters_sent] == ["b@real.example"]
    assert sorted(sent for sent, _, _ in rows()) == [False, True]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://u%40x:p%3A@mail.example", staff_mail.Server("mail.example", 587, "starttls", "u@x", "p:")),
        ("smtps://mail.example", staff_mail.Server("mail.example", 465, "tls")),
        ("smtp+plain://127.0.0.1:2525", staff_mail.Server("127.0.0.1", 2525, "none")),
    ],
)
def test_the_server_is_read_from_one_address(url: str, server: staff_mail.Server) -> None:
    assert staff_mail.read_url(url) == server
    for broken in ("mail.example:25", "http://mail.example", "smtp://", ""):
        with pytest.raises(staff_mail.NoMailServer):
            staff_mail.read_url(broken)
