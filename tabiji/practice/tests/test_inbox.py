"""The practice inbox: whose mail it is, who may read it, and the pages."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.test import Client

from tabiji.content.public import mails
from tabiji.core import crypto, postgres
from tabiji.core.paging import ListQuery
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import gate, intents
from tabiji.practice import driving, inbox
from tabiji.practice.inbox import NoSuchMail
from tabiji.practice.mailserver import Received, Refused
from tabiji.practice.tests.conftest import sends_by_practice
from tabiji.workspaces.contracts import AUTOMATIC, Actor, WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.mails import published_mail

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tabiji.practice.tests.stand_ins")]

WIRE = (
    "From: タノモア <info@tanomoa.example>\r\nTo: <x@y.example>\r\nSubject: お知らせ\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n"
    '<p onclick="alert(1)">こんにちは<script>alert(2)</script> <a href="https://tanomoa.example/">見る</a></p>\r\n'
).encode()


def received(
    rcpt: str = "misaki@aoba.example", envelope_from: str = "x@y.example", wire: bytes = WIRE
) -> Received:
    return Received(envelope_from, rcpt, wire, datetime.now().astimezone(), "client", False)


def return_path(workspace_id: int, message_id: int) -> str:
    return f"bounce+{crypto.sign('bounce', workspace_id, message_id)}@bounce.tanomoa.example"


def colleague(email: str, role: Role, name: str = "葵") -> Actor:
    user_id = members.create_user(email, name=name, password="x")
    members.join(user_id, role)
    return members.get_actor(user_id)


def signed_in(client: Client, actor: Actor) -> Client:
    client.force_login(User.objects.get(pk=actor.user_id))
    return client


def everything(actor: Actor, tab: str = "customers", **filters: str) -> list[str]:
    found = inbox.list_mails(ListQuery({"tab": tab, **filters}), actor=actor)
    assert found.total == len(found.rows)
    return [line.rcpt for line in found.rows]


@pytest.fixture
def aoi(workspace: WorkspaceInfo) -> Actor:
    return colleague("aoi@tanomoa.example", Role.MARKETER)


@pytest.fixture
def mail_to_misaki(
    workspace: WorkspaceInfo, now: datetime, sends: int, letters_sent: list[Received]
) -> inbox.Line:
    """A real message, sent over the wire, in the inbox."""
    mail_id = published_mail("事例", at=now)
    version_id = mails.current_version(mail_id)
    assert version_id is not None
    person = customer("misaki@aoba.example", at=now, last_name="佐藤", first_name="美咲")
    intents.request([Intent(person, mail_id, version_id, "marketing", "person", 0, "c", now)])
    gate.decide_due(now)
    driving.run_until_idle(workspace.id)
    assert inbox.store(letters_sent) == [None]
    return inbox.list_mails(ListQuery(), actor=AUTOMATIC).rows[0]


def test_a_message_lies_in_the_inbox_of_its_workspace_under_its_person(
    workspace: WorkspaceInfo, now: datetime, mail_to_misaki: inbox.Line
) -> None:
    line = mail_to_misaki
    message_id, person = postgres.rows("SELECT id, person_id FROM message")[0]

    assert (line.kind, line.message_id, line.person_id) == ("customer", message_id, person)
    assert (line.rcpt, line.subject) == ("misaki@aoba.example", "佐藤 様へのお知らせ")
    assert abs((line.at - now).total_seconds()) < 60
    letter = inbox.open_letter(line.id, actor=AUTOMATIC)
    assert "佐藤 様" in letter.html
    assert letter.is_one_click
    assert inbox.find_line(line.id, actor=AUTOMATIC).is_read
    assert everything(AUTOMATIC, person=str(person)) == ["misaki@aoba.example"]


def test_only_what_we_signed_names_a_workspace(workspace: WorkspaceInfo) -> None:
    forged = return_path(workspace.id, 5).replace("+", "+A")

    for one in (
        received(envelope_from=forged),
        received(envelope_from=""),
        received(rcpt="nobody@x.example"),
    ):
        (answer,) = inbox.store([one])
        assert isinstance(answer, Refused)
    assert everything(AUTOMATIC) == []


def test_one_mail_that_is_refused_does_not_keep_the_others(workspace: WorkspaceInfo) -> None:
    answers = inbox.store([received(), received(envelope_from=return_path(workspace.id, 5)), received()])

    assert [answer is None for answer in answers] == [False, True, False]
    assert everything(AUTOMATIC) == ["misaki@aoba.example"]


def test_a_real_workspace_has_no_practice_inbox(db: None) -> None:
    real = workspaces.create("real-one", name="本番")

    (answer,) = inbox.store([received(envelope_from=return_path(real.id, 1))])

    assert isinstance(answer, Refused)


def test_test_copies_go_by_their_sender(workspace: WorkspaceInfo, aoi: Actor) -> None:
    sends_by_practice()

    inbox.store([received("aoi@tanomoa.example", "INFO@tanomoa.example")])

    assert (everything(aoi), everything(aoi, "colleagues")) == ([], ["aoi@tanomoa.example"])


def test_mail_to_a_colleague_is_read_by_that_colleague_and_admins_only(
    workspace: WorkspaceInfo, aoi: Actor
) -> None:
    haru = colleague("haru@tanomoa.example", Role.SALES)
    admin = colleague("admin@tanomoa.example", Role.ADMIN)
    inbox.store(
        [received("aoi@tanomoa.example", return_path(workspace.id, 0)), received("haru@tanomoa.example")]
    )
    of_haru = inbox.list_mails(ListQuery({"tab": "colleagues"}), actor=haru).rows

    assert everything(aoi, "colleagues") == ["aoi@tanomoa.example"]
    assert [line.rcpt for line in of_haru] == ["haru@tanomoa.example"]
    assert len(everything(admin, "colleagues")) == 2
    with pytest.raises(NoSuchMail):
        inbox.open_letter(of_haru[0].id, actor=aoi)


def test_login_mail_of_somebody_who_also_works_for_real_is_refused(
    workspace: WorkspaceInfo, aoi: Actor
) -> None:
    real = workspaces.create("real-two", name="本番")
    postgres.execute("SELECT set_config('app.ws', %s, true)", [str(real.id)])
    postgres.execute(
        "INSERT INTO member (workspace_id, user_id, role) VALUES (%s, %s, 'admin')", [real.id, aoi.user_id]
    )
    postgres.execute("SELECT set_config('app.ws', %s, true)", [str(workspace.id)])

    (answer,) = inbox.store([received("aoi@tanomoa.example")])

    assert isinstance(answer, Refused)


def test_the_page_shows_the_mail_its_links_and_its_headers(
    client: Client, workspace: WorkspaceInfo, aoi: Actor, mail_to_misaki: inbox.Line
) -> None:
    address = f"/w/{workspace.slug}/practice/mail/"
    page = signed_in(client, aoi).get(address, {"mail": mail_to_misaki.id})

    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("佐藤 様へのお知らせ") >= 2
    assert "資料を開く" in text
    assert f'src="{address}{mail_to_misaki.id}/body/"' in text
    links = re.findall(r'<a href="(http[^"]+)" target="_blank" rel="noopener">([^<]+)</a>', text)
    assert next(label for _, label in links) == "資料を開く"
    assert all("/c/" in url for url, label in links if label == "資料を開く")
    headers = client.get(address, {"mail": str(mail_to_misaki.id), "view": "headers"}).content.decode()
    assert "List-Unsubscribe-Post" in headers
    words = client.get(address, {"mail": str(mail_to_misaki.id), "view": "text"}).content.decode()
    assert "お元気ですか。" in words


def test_a_mail_is_framed_without_scripts(client: Client, workspace: WorkspaceInfo, aoi: Actor) -> None:
    inbox.store([received(envelope_from=return_path(workspace.id, 77))])
    line = inbox.list_mails(ListQuery(), actor=aoi).rows[0]

    page = signed_in(client, aoi).get(f"/w/{workspace.slug}/practice/mail/{line.id}/body/")

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    shown = client.get(f"/w/{workspace.slug}/practice/mail/", {"mail": line.id}).content.decode()
    assert '<iframe class="letter"' in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "alert(2)" not in shown


def test_the_list_is_sent_again_only_when_something_came(
    client: Client, workspace: WorkspaceInfo, aoi: Actor
) -> None:
    address = f"/w/{workspace.slug}/practice/mail/list/"
    signed_in(client, aoi)
    assert client.get(address).status_code == 204
    inbox.store([received(envelope_from=return_path(workspace.id, 77))])
    seen = inbox.newest(ListQuery(), actor=aoi)

    assert client.get(address).headers["HX-Refresh"] == "true"
    assert client.get(address, {"seen": seen}).status_code == 204
    inbox.store([received(envelope_from=return_path(workspace.id, 78))])
    newest = inbox.newest(ListQuery(), actor=aoi)
    again = client.get(address, {"seen": seen})
    assert "お知らせ" in again.content.decode()
    assert f"seen={newest}" in again.content.decode()


def test_those_who_may_not_see_personal_data_have_no_inbox(client: Client, workspace: WorkspaceInfo) -> None:
    nagi = colleague("nagi@tanomoa.example", Role.ANALYST)

    assert signed_in(client, nagi).get(f"/w/{workspace.slug}/practice/mail/").status_code == 403


def test_mail_of_another_workspace_is_not_there(client: Client, workspace: WorkspaceInfo, aoi: Actor) -> None:
    other = workspaces.create("minato", name="みなと看護ナビ", is_practice=True)
    postgres.execute("SELECT set_config('app.ws', %s, true)", [str(other.id)])
    stranger = postgres.scalar(
        "INSERT INTO practice_mail (workspace_id, at, kind, envelope_from, rcpt, sender, subject, wire, is_read)"
        " VALUES (%s, now(), 'customer', '', 'ren@x.example', '', 's', '', false) RETURNING id",
        [other.id],
    )
    postgres.execute("SELECT set_config('app.ws', %s, true)", [str(workspace.id)])
    signed_in(client, aoi)
    address = f"/w/{workspace.slug}/practice/mail/"

    assert client.get(address, {"mail": stranger}).status_code == 404
    assert client.get(f"{address}{stranger}/body/").status_code == 404
    assert client.post(f"{address}{stranger}/scan/").status_code == 404
    assert client.get("/w/minato/practice/mail/").status_code == 404


def test_hostile_subjects_are_words(client: Client, workspace: WorkspaceInfo, aoi: Actor) -> None:
    wire = b"From: <script>a</script>\r\nSubject: <img src=x onerror=alert(1)>\r\n\r\n<b>text</b>\r\n"
    inbox.store([received(envelope_from=return_path(workspace.id, 77), wire=wire)])
    line = inbox.list_mails(ListQuery(), actor=aoi).rows[0]

    text = (
        signed_in(client, aoi).get(f"/w/{workspace.slug}/practice/mail/", {"mail": line.id}).content.decode()
    )

    assert "<img src=x" not in text
    assert "<script>a" not in text
    assert "&lt;b&gt;text&lt;/b&gt;" in text


def test_a_customers_mail_outside_of_this_machine_is_not_scanned(
    client: Client, workspace: WorkspaceInfo, aoi: Actor, settings: LazySettings
) -> None:
    inbox.store([received(envelope_from=return_path(workspace.id, 77))])
    line = inbox.list_mails(ListQuery(), actor=aoi).rows[0]

    answered = signed_in(client, aoi).post(
        f"/w/{workspace.slug}/practice/mail/{line.id}/scan/", headers={"HX-Request": "true"}
    )

    assert "tanomoa.example" not in answered.content.decode()
    assert answered.content.decode().count("<tr>") == 3
