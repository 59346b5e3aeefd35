"""Places of colleagues, keys and the calendar: what may be changed, by whom it was, and what may not."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.test import Client

from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.workspaces.calendar import BadCalendar, NoSuchDay
from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.invitations import AlreadyHere, AlreadySignedIn
from tabiji.workspaces.keys import BadKey, NoSuchKey
from tabiji.workspaces.members import LastAdmin, NoSuchMember, NotAMember
from tabiji.workspaces.public import Role, audit, calendar, invitations, keys, members
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db


@pytest.fixture
def megumi(workspace: WorkspaceInfo) -> Actor:
    user_id = members.create_user(f"megumi@{workspace.slug}.example", name="石田 恵", password="旅路は続く")
    members.join(user_id, Role.ADMIN)
    return members.get_actor(user_id)


def acts() -> list[tuple[str, str]]:
    return [(one.action, one.object_kind) for one in audit.list_entries(ListQuery()).rows]


def test_the_last_admin_can_neither_leave_nor_become_something_else(megumi: Actor) -> None:
    with pytest.raises(LastAdmin):
        members.deactivate(megumi.user_id, actor=megumi)
    with pytest.raises(LastAdmin):
        members.set_role(megumi.user_id, Role.VIEWER, actor=megumi)

    aoi = invitations.invite("aoi@a.example", name="高橋 葵", role=Role.ADMIN, language="ja", actor=megumi)
    members.deactivate(megumi.user_id, actor=megumi)

    with pytest.raises(NotAMember):
        members.get_actor(megumi.user_id)
    with pytest.raises(LastAdmin):
        members.set_role(aoi.user_id, Role.SALES, actor=megumi)
    with pytest.raises(NoSuchMember):
        members.set_role(megumi.user_id, Role.SALES, actor=megumi)
    assert acts() == [("deactivate", "member"), ("create", "member")]


def test_an_invitation_lets_in_once_and_only_into_this_workspace(
    workspace: WorkspaceInfo, megumi: Actor
) -> None:
    invited = invitations.invite(
        "Haru@A.example", name="小林 陽", role=Role.SALES, language="ja", actor=megumi
    )
    body = postgres.scalar('SELECT body FROM staff_mail WHERE "to" = %s', ["haru@a.example"])
    client = Client()

    with outside():
        page = client.get(client.get(invited.path).headers["Location"])
    assert invited.path in body and page.status_code == 200
    assert members.sign_ins()[invited.user_id].is_invited
    with pytest.raises(AlreadyHere):
        invitations.invite("haru@a.example", name="x", role=Role.ADMIN, language="ja", actor=megumi)

    other = workspaces.create(f"other-{workspace.slug}", name="Other")
    with in_workspace(other.id):
        again = invitations.invite("haru@a.example", name="x", role=Role.VIEWER, language="ja", actor=megumi)
        assert (again.user_id, again.name, again.path) == (invited.user_id, "小林 陽", "")
        with pytest.raises(AlreadySignedIn):
            invitations.renew(again.user_id, actor=megumi)
    with pytest.raises(NoSuchMember):
        invitations.renew(999_999, actor=megumi)


def test_a_revoked_key_opens_nothing_and_another_workspaces_key_is_not_there(
    workspace: WorkspaceInfo, megumi: Actor
) -> None:
    info, text = keys.create_api_key("倉庫", actor=megumi)
    assert keys.workspace_of_api_key(text) == (workspace.id, info.id)

    other = workspaces.create(f"other-{workspace.slug}", name="Other")
    with in_workspace(other.id), pytest.raises(NoSuchKey):
        keys.revoke(info.id, actor=megumi)
    keys.revoke(info.id, actor=megumi)

    with pytest.raises(BadKey):
        keys.workspace_of_api_key(text)
    with pytest.raises(NoSuchKey):
        keys.revoke(info.id, actor=megumi)
    assert acts() == [("revoke", "api_key"), ("create", "api_key")]


def test_the_companys_own_days_count_until_they_are_taken_back(
    workspace: WorkspaceInfo, megumi: Actor, now: datetime
) -> None:
    calendar.change(
        opens=time(8, 30), closes=time(17), country="JP", recurring=[(12, 29), (2, 29)], actor=megumi
    )
    calendar.close_days([(date(2026, 4, 30), "創立記念日")], actor=megumi)
    kept = calendar.current()

    assert kept.after_business_days(now, 1, kept.opens).date() == date(2026, 5, 1)
    assert not kept.is_business_day(date(2026, 12, 29)) and kept.opens == time(8, 30)
    assert [one.name for one in calendar.list_closed(date(2026, 4, 1))] == ["創立記念日"]

    calendar.open_day(date(2026, 4, 30), actor=megumi)
    assert calendar.current().is_business_day(date(2026, 4, 30))
    with pytest.raises(NoSuchDay):
        calendar.open_day(date(2026, 4, 30), actor=megumi)
    with pytest.raises(BadCalendar):
        calendar.change(opens=time(18), closes=time(9), country="JP", recurring=[], actor=megumi)
    with pytest.raises(BadCalendar):
        calendar.change(opens=time(9), closes=time(18), country="JP", recurring=[(2, 30)], actor=megumi)
