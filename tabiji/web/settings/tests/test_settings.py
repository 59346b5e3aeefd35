"""Settings as colleagues use them: who may, what is said in place, what is shown once."""

from __future__ import annotations

import re
from datetime import date, datetime, time

import pytest
from django.conf import LazySettings

from tabiji.core.paging import ListQuery
from tabiji.messaging.public import domains, limits
from tabiji.people.public import exclusions, fields
from tabiji.scoring.public import score_models, stage_models
from tabiji.web.settings.tests.conftest import Browser, SignIn
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, audit, calendar, invitations, keys, members
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.scopes import in_workspace

pytestmark = pytest.mark.django_db

MARKETING = ("scoring/", "scoring/points/", "fields/", "keys/", "exclusions/")
ADMIN = ("members/", "members/new/", "sending-domain/", "business-days/")
HOSTILE = "<script>alert(1)</script>'\"{{ x }}"


def acts() -> set[tuple[str, str]]:
    return {(one.action, one.object_kind) for one in audit.list_entries(ListQuery(limit=200)).rows}


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_own_settings_and_no_other(sign_in: SignIn, role: Role) -> None:
    browser = sign_in(role)
    may = {Role.ADMIN: (*MARKETING, *ADMIN), Role.MARKETER: MARKETING}.get(role, ())

    answers = {path: browser.get(path).status_code for path in (*MARKETING, *ADMIN)}

    assert answers == {path: 200 if path in may else 403 for path in (*MARKETING, *ADMIN)}
    assert browser.get("profile/").status_code == 200
    assert browser.post("keys/api/", {"api-name": "x"}).status_code == (200 if role is Role.ADMIN else 403)


def test_things_of_another_workspace_are_not_there(workspace: WorkspaceInfo, megumi: Browser) -> None:
    other = workspaces.create(f"other-{workspace.slug}", name="Other")
    with in_workspace(other.id):
        ren = invitations.invite("ren@o.example", name="蓮", role=Role.ADMIN, language="ja", actor=AUTOMATIC)
        key = keys.create_write_key("よそのサイト", actor=AUTOMATIC)
        fields.create("secret", label="よその項目", type="text")
        exclusions.add("domain", "theirs.example")
        exclusion_id = exclusions.list_all()[0].id

    for path in (f"members/{ren.user_id}/", "fields/secret/", "scoring/stages/x/", "scoring/points/x/"):
        assert megumi.get(path).status_code == 404, path
    for path in (
        f"members/{ren.user_id}/deactivate/",
        f"members/{ren.user_id}/return/",
        f"members/{ren.user_id}/invite/",
        f"keys/{key.id}/revoke/",
        "fields/secret/archive/",
        f"exclusions/{exclusion_id}/remove/",
        "business-days/open/2026-05-01/",
        "business-days/open/nonsense/",
    ):
        assert megumi.post(path).status_code == 404, path
    with in_workspace(other.id):
        assert [one.id for one in keys.list_keys()] == [key.id]


def test_the_only_admin_stays(sign_in: SignIn, megumi: Browser) -> None:
    own = f"members/{megumi.actor.user_id}/"

    for answer in (megumi.post(own, {"role": "viewer"}), megumi.post(own + "deactivate/")):
        assert answer.status_code == 422 and "管理者がこの人だけです" in answer.content.decode()

    aoi = sign_in(Role.ADMIN)
    assert aoi.post(own + "deactivate/").status_code == 302
    assert megumi.get("members/").status_code == 404
    aoi.post(own + "return/")
    assert megumi.get("members/").status_code == 200


def test_an_invitation_shows_its_link_once(workspace: WorkspaceInfo, megumi: Browser) -> None:
    said = {"name": HOSTILE, "email": "haru@a.example", "role": "sales", "language": "ja"}

    answer = megumi.post("members/new/", said)
    shown = answer.content.decode()

    assert answer.headers["Cache-Control"] == "no-store"
    assert "/accounts/password/reset/key/" in shown and "<script>alert" not in shown
    listed = megumi.read("members/")
    assert "招待中" in listed and "<script>alert" not in listed and "reset/key" not in listed
    again = megumi.post("members/new/", said)
    assert again.status_code == 422 and "すでにメンバーです" in again.content.decode()
    assert ("create", "member") in acts()


def test_everybody_chooses_name_and_language(sign_in: SignIn) -> None:
    nagi = sign_in(Role.VIEWER)

    assert nagi.post("profile/", {"name": "凪\r\nBcc: x", "language": "en"}).status_code == 422
    nagi.post("profile/", {"name": "Nagi", "language": "en"})

    assert "Your profile" in nagi.read("profile/")
    assert members.names()[nagi.actor.user_id] == "Nagi"


def test_a_secret_key_is_shown_once_and_a_tag_is_exact(
    settings: LazySettings, megumi: Browser, workspace: WorkspaceInfo
) -> None:
    settings.PUBLIC_URL, settings.COLLECTOR_URL = "https://ma.example", "https://collect.example"

    answer = megumi.post("keys/api/", {"api-name": "倉庫"})
    secret = re.search(r"ak_[\w-]+\.[\w-]+", answer.content.decode())

    assert secret and keys.workspace_of_api_key(secret[0])[0] == workspace.id
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret[0] not in megumi.read("keys/")
    assert megumi.post("keys/tag/", {"tag-name": ""}).status_code == 422

    megumi.post("keys/tag/", {"tag-name": HOSTILE})
    shown = megumi.read("keys/")
    public = next(one.public for one in keys.list_keys() if one.kind == "write")
    tag = (
        "&lt;script async src=&quot;https://ma.example/static/dist/sdk/tabiji.js&quot;"
        f" data-key=&quot;{public}&quot; data-host=&quot;https://collect.example&quot;&gt;&lt;/script&gt;"
    )
    assert tag in shown and "<script>alert" not in shown

    for one in keys.list_keys():
        megumi.post(f"keys/{one.id}/revoke/")
    with pytest.raises(keys.BadKey):
        keys.workspace_of_api_key(secret[0])


def test_a_marketer_neither_sees_nor_revokes_secret_keys(sign_in: SignIn) -> None:
    info, _secret = keys.create_api_key("倉庫", actor=AUTOMATIC)
    aoi = sign_in(Role.MARKETER)

    assert "倉庫" not in aoi.read("keys/")
    assert aoi.post(f"keys/{info.id}/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [("ip", "203.0.113.300", "IPアドレス"), ("ip", "0.0.0.0/0", "広い範囲"), ("domain", HOSTILE, "ドメイン")],
)
def test_a_wrong_exclusion_says_so_in_place(megumi: Browser, kind: str, value: str, why: str) -> None:
    answer = megumi.post("exclusions/", {"kind": kind, "value": value, "from_numbers": "on"})

    shown = answer.content.decode()
    assert answer.status_code == 422 and why in text_of(shown) and "<script>alert" not in shown
    assert exclusions.list_all() == []


def test_an_exclusion_moves_and_shows_exactly_whom_it_covers(megumi: Browser, now: datetime) -> None:
    customer("spy@rival.example", at=now, last_name="密偵")
    customer("sato@a.example", at=now)
    megumi.post("exclusions/", {"kind": "domain", "value": "rivla.example", "from_sends": "on"})
    (typo,) = exclusions.list_all()
    nobody = megumi.post("exclusions/", {"kind": "domain", "value": "b.example"})

    said = {"kind": "domain", "value": "rival.example", "from_numbers": "on"}
    megumi.post(f"exclusions/?edit={typo.id}", said)

    (line,) = exclusions.list_all()
    assert nobody.status_code == 422
    assert (line.value, line.from_numbers, line.from_sends) == ("rival.example", True, False)
    found = re.search(r'<a href="/w/[^"]+/(people/\?of=[^"]+)">1人</a>', megumi.read("exclusions/"))
    assert found
    listed = megumi.read(found[1].replace("&amp;", "&"))
    assert "密偵" in listed and listed.count('<th scope="row">') == 1
    assert {("save", "exclusion"), ("delete", "exclusion")} <= acts()


def test_business_days_are_drawn_and_changed(megumi: Browser) -> None:
    hours = {
        "opens": "09:00",
        "closes": "18:00",
        "country": "JP",
        "recurring": "12/29 12/30",
        "fiscal_month": "10",
    }
    for wrong in (
        {"fiscal_month": "13"},
        {"recurring": "13/40"},
        {"closes": "08:00"},
        {"country": "XX"},
        {"opens": "25:00"},
    ):
        assert megumi.post("business-days/", hours | wrong).status_code == 422

    megumi.post("business-days/", hours)
    closing = {"day": "2026-04-30", "until": "2026-05-01", "name": HOSTILE}
    assert megumi.post("business-days/close/", closing | {"until": "2026-04-01"}).status_code == 422
    assert megumi.post("business-days/close/", closing | {"day": "31st"}).status_code == 422
    megumi.post("business-days/close/", closing)
    shown = megumi.read("business-days/")

    # From Tue 4/28: 4/29 holiday, 4/30 and 5/1 closed, 5/3–5/6 holidays.
    assert "5/11(月) 09:00" in text_of(shown) and "憲法記念日" in shown and "<script>alert" not in shown
    assert not calendar.current().is_business_day(date(2026, 12, 29))
    assert calendar.current().fiscal_month == 10 and '<option value="10" selected>10月' in shown
    megumi.post("business-days/open/2026-05-01/")
    assert [one.day for one in calendar.list_closed()] == [date(2026, 4, 30)]
    assert ("change", "calendar") in acts()


def test_a_field_in_use_cannot_be_put_away(megumi: Browser, now: datetime) -> None:
    said = {"label": "予算", "type": "choice", "choice-0-label": "少なめ", "choice-1-label": HOSTILE}
    assert megumi.post("fields/new/", said | {"choice-0-label": "", "choice-1-label": ""}).status_code == 422
    assert megumi.post("fields/new/", said | {"key": "e mail"}).status_code == 422
    megumi.post("fields/new/", said | {"key": "budget"})
    customer("sato@a.example", at=now, budget="c1")

    gone = {"label": "予算", "choice-0-value": "c2", "choice-0-label": "多め"}
    refused = megumi.post("fields/budget/", gone)
    assert refused.status_code == 422 and "少なめ" in text_of(refused.content.decode())

    rule = {"kind": "attribute", "field": "budget", "op": "is", "value": "c1"}
    stage = {"key": "s", "label": "予算あり", "rule": {"version": 1, "kind": "all", "of": [rule]}}
    stage_models.publish({"version": 1, "stages": [stage]}, actor=AUTOMATIC, at=now)
    megumi.post("fields/budget/archive/")
    assert fields.get("budget").label == "予算"
    assert "ステージ" in text_of(megumi.read("fields/budget/"))
    assert "<script>alert" not in megumi.read("fields/")

    megumi.post("fields/new/", {"label": "メモ", "type": "text"})
    megumi.post("fields/field_1/archive/")
    assert [one.key for one in fields.list_archived()] == ["field_1"]
    megumi.post("fields/field_1/restore/")
    assert fields.get("field_1").label == "メモ"


def test_a_practice_workspace_keeps_its_server_whatever_is_posted(megumi: Browser) -> None:
    said = {"from_name": "タノモア", "from_address": "a@tanomoa.example", "bounce_domain": "", "reply_to": ""}

    for wrong in (
        {"from_address": "nobody"},
        {"bounce_domain": "a b"},
        {"from_name": "x\r\nBcc: y@z.example"},
    ):
        assert megumi.post("sending-domain/", said | wrong).status_code == 422
    megumi.post("sending-domain/", said | {"host": "evil.example", "port": "25"})
    key = {"dkim-domain": "tanomoa.example", "dkim-selector": "s1", "dkim-algorithm": "rsa-sha256"}
    megumi.post("sending-domain/dkim/", key)

    kept = domains.get()
    assert (kept.host, kept.port) == (domains.PRACTICE_HOST, domains.PRACTICE_PORT)
    shown = megumi.read("sending-domain/")
    record = domains.dns_record()
    assert record and record.value in shown and "s1._domainkey.tanomoa.example" in shown
    for wrong in ({"dkim-domain": "-"}, {"dkim-selector": "s 1"}, {"dkim-algorithm": "md5"}):
        assert megumi.post("sending-domain/dkim/", key | wrong).status_code == 422
    assert domains.dns_record() == record and "k=rsa;" in record.value
    megumi.post("sending-domain/dkim/", key | {"dkim-selector": "s2", "dkim-algorithm": "ed25519-sha256"})
    assert "k=ed25519;" in megumi.read("sending-domain/")

    cap = {"limits-messages": "2", "limits-days": "7", "limits-starts": "20:00", "limits-ends": "09:00"}
    assert megumi.post("sending-domain/limits/", cap | {"limits-days": "0"}).status_code == 422
    megumi.post("sending-domain/limits/", cap)
    assert limits.current() == limits.Limits(2, 7, time(20), time(9))
    assert ("change", "sending_limits") in acts()


def test_a_password_is_kept_sealed_and_never_shown(workspace: WorkspaceInfo) -> None:
    real = workspaces.create(f"real-{workspace.slug}", name="Real")
    said = {
        "from_name": "A", "from_address": "a@aoba.example", "host": "smtp.aoba.example", "port": "587",
        "security": "starttls", "username": "u", "password": "合言葉-9", "connections": "5",
    }  # fmt: skip
    with in_workspace(real.id):
        user_id = members.create_user(f"m@{real.slug}.example", name="恵")
        members.join(user_id, Role.ADMIN)
    from django.test import Client

    from tabiji.workspaces.models import User

    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    browser = Browser(client, f"/w/{real.slug}/", AUTOMATIC)

    assert browser.post("sending-domain/", said | {"host": "smtp/../x"}).status_code == 422
    browser.post("sending-domain/", said)
    browser.post("sending-domain/", said | {"password": "", "from_name": "B"})

    assert "合言葉-9" not in browser.read("sending-domain/")
    with in_workspace(real.id):
        assert domains.get().has_password and domains.get().from_name == "B"
        assert domains.smtp_settings(domains.get()).password == "合言葉-9"


def test_a_score_rule_is_drafted_then_counts(megumi: Browser, now: datetime) -> None:
    fields.create("budget", label="予算", type="choice", choices=[{"value": "hi", "label": "多め"}])
    page = {"kind": "page", "trigger-op": "contains", "trigger-value": "/pricing/"}
    first = {"label": HOSTILE, "points": "10", "often": "daily", **page}

    for wrong in ({"points": "0"}, {"trigger-value": ""}, {"kind": "nonsense", "trigger-value": ""}):
        assert megumi.post("scoring/points/new/", first | wrong).status_code == 422
    megumi.post("scoring/points/new/", first)
    assert score_models.live() is None
    megumi.post("scoring/points/publish/")
    field = {"kind": "field", "trigger-field": "budget", "trigger-op": "in", "trigger-chosen-0": "hi"}
    megumi.post("scoring/points/new/", {"label": "予算", "points": "15", "often": "once", **field})

    shown = text_of(megumi.read("scoring/points/"))
    assert (
        "予算が多めのどれか" in shown and "パスが/pricing/を含むページを見る" in shown and "下書き" in shown
    )
    assert "<script>alert" not in megumi.read("scoring/points/")
    live = score_models.live()
    assert live and [rule.points for rule in live[1].rules] == [10]
    megumi.post("scoring/points/threshold/", {"threshold": "30", "fresh_days": "7"})
    megumi.post("scoring/points/publish/")
    live = score_models.live()
    assert live and (live[0], live[1].threshold, [rule.points for rule in live[1].rules]) == (2, 30, [10, 15])
    assert {("draft", "score_model"), ("publish", "score_model")} <= acts()

    megumi.post("scoring/points/rule_1/", first | {"points": "12"})
    megumi.post("scoring/points/discard/")
    assert score_models.get().draft is None


def test_stages_are_ordered_drafted_and_judged(megumi: Browser, now: datetime) -> None:
    customer("sato@a.example", at=now, department="営業部")
    row = {"row-0-kind": "attribute", "row-0-field": "department", "row-0-op": "contains", "joined": "all"}
    sales = {"label": HOSTILE, "change_from": "", "change_to": "", **row, "row-0-value": "営業"}
    everybody = {"label": "見込み", **row, "row-0-field": "email", "row-0-op": "is_not_empty"}

    assert megumi.post("scoring/stages/new/", sales | {"row-0-value": ""}).status_code == 422
    megumi.post("scoring/stages/new/", everybody)
    megumi.post("scoring/stages/new/", sales)
    megumi.post("scoring/stages/order/", {"key": "stage_2", "to": "up"})
    assert stage_models.live() is None
    megumi.post("scoring/stages/publish/")

    live = stage_models.live()
    assert live and [stage.label for stage in live[1].stages] == [HOSTILE, "見込み"]
    assert "<script>alert" not in megumi.read("scoring/")
    circle = {"label": "輪", "row-0-kind": "stage", "row-0-op": "is", "row-0-value": "stage_1"}
    refused = megumi.post("scoring/stages/new/", circle)
    assert refused.status_code == 422 and "ステージ自身" in refused.content.decode()
    counted = megumi.post("scoring/stages/count/", sales, **{"HX-Request": "true"})
    assert counted.status_code == 200
    added = megumi.post(
        "scoring/stages/new/", everybody | {"do": "add_row:0/score"}, **{"HX-Request": "true"}
    ).content.decode()
    assert "row-1-kind" in added and "<html" not in added
