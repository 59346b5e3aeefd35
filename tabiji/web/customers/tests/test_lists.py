"""Lists of people: filters, the people behind a number, acts on all matches, companies, consents."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import pytest
from django.test import RequestFactory

from tabiji.core import clock
from tabiji.core.paging import ListQuery
from tabiji.people.contracts import ConsentAct, FieldUpdate
from tabiji.people.public import companies, consent, fields, lists, merging, persons
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.customers.tests.conftest import SignIn
from tabiji.web.customers.tests.test_person import page
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.cast import customer, customers

pytestmark = pytest.mark.django_db


def names(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', html)


_chosen: list[UUID] = []


def _first_ones(request: WorkspaceRequest, count: int, word: str) -> Behind:
    return Behind(_chosen[:count], f"{word}の人", anonymous=812)


behind.sources.add("test-first-ones", _first_ones)


def test_filters_search_and_sorting(workspace: WorkspaceInfo, sign_in: SignIn, now: datetime) -> None:
    budgets = [{"value": "low", "label": "〜100万円"}, {"value": "high", "label": "300万円〜"}]
    fields.create("budget", label="予算", type="choice", choices=budgets)
    sato = customer(
        "sato@a.example", at=now, last_name="佐藤", last_kana="サトウ", company="青葉製作所", budget="high"
    )
    customer("ito@a.example", at=now, last_name="伊藤", last_kana="イトウ", source="セミナー")
    client = sign_in(Role.MARKETER)

    assert names(page(client, workspace, "people/", sort="name")) == ["伊藤", "佐藤"]
    assert names(page(client, workspace, "people/", q="さとう")) == ["佐藤"]
    assert names(page(client, workspace, "people/", source="セミナー")) == ["伊藤"]
    html = page(client, workspace, "people/", {"field.budget": "high"})
    assert names(html) == ["佐藤"] and "300万円〜" in html
    assert sorted(names(page(client, workspace, "people/", owner="none", stage="none"))) == ["伊藤", "佐藤"]
    company = persons.get(sato).company_id
    assert names(page(client, workspace, f"companies/{company}/")) == ["佐藤"]
    page(client, workspace, "people/", {"owner": "'; DROP", "field.budget": "x"})


def test_an_empty_result_names_the_filter_that_removed_most(
    workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    customers(3, at=now)
    customer("ito@a.example", at=now, last_name="伊藤", source="セミナー")

    html = page(sign_in(Role.MARKETER), workspace, "people/", source="セミナー", owner="999")

    assert "担当" in html and "1人" in html


def test_the_list_shows_exactly_the_people_behind_a_number(
    workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    ids = customers(5, at=now)
    customers(4, at=now, prefix="other")

    _chosen[:] = ids
    request = RequestFactory().get("/")
    request.workspace = workspace  # type: ignore[attr-defined]
    client = sign_in(Role.ANALYST)
    token = behind.address(request, "test-first-ones", 3, "試し").partition("of=")[2]  # type: ignore[arg-type]

    html = client.get(f"/w/{workspace.slug}/people/?of={token}").content.decode()

    assert len(names(html)) == 3 and "試しの人" in html and "ほかに匿名の訪問者 812人" in html
    assert client.get(f"/w/{workspace.slug}/people/?of={token}x").status_code == 404
    page(client, workspace, "people/", status=404, of="nonsense")


def test_all_matches_go_on_a_list_and_come_back(
    workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    ids = customers(130, at=now)
    moment = clock.to_ms(now)
    fields.write([FieldUpdate(one, "source", "セミナー", moment) for one in ids[:120]], actor="auto")
    list_id = lists.create("春の招待", actor=AUTOMATIC)
    lists.add(list_id, ids[:1], at=now, actor="auto")
    client = sign_in(Role.MARKETER)
    url = f"/w/{workspace.slug}/people/to-list/"
    selection = {"all_matches": "1", "filters": "source=セミナー&sort=-score"}

    asked = client.post(url, selection).content.decode()
    done = client.post(url, selection | {"put": "1", "list": str(list_id)}, follow=True)

    assert "120人を入れる" in asked
    assert "120人のうち119人を新しく入れました" in done.content.decode()
    assert len(lists.member_ids(list_id)) == 120
    added_at = re.search(r'name="added_at" value="(\d+)"', done.content.decode())
    assert added_at is not None
    client.post(f"/w/{workspace.slug}/lists/{list_id}/undo/", {"added_at": added_at[1]})
    assert lists.member_ids(list_id) == ids[:1]


def test_everybody_of_a_list_means_this_list(
    workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    ids = customers(6, at=now)
    first = lists.create("一つ目", actor=AUTOMATIC)
    lists.add(first, ids[:2], at=now, actor="auto")
    client = sign_in(Role.MARKETER)
    html = page(client, workspace, f"lists/{first}/")
    (to_list,) = re.findall(r'formaction="([^"]*to-list[^"]*)"', html)

    client.post(
        to_list.replace("&amp;", "&"), {"all_matches": "1", "filters": "", "put": "1", "name": "二つ目"}
    )
    client.post(f"/w/{workspace.slug}/lists/{first}/remove/", {"id": [str(ids[0]), str(ids[5])]})

    assert {one.name: one.people for one in lists.list_all()} == {"二つ目": 2, "一つ目": 1}


def test_each_consent_tile_opens_exactly_its_people(
    workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    ids = customers(9, at=now)
    customer("card@a.example", at=now, consents=False)
    consent.record(
        [ConsentAct(one, "mail", "withdraw", "request", now, "one_click") for one in ids[:2]], actor="person"
    )
    consent.suppress([("gone@a.example", "bounce", now)], channel="mail")
    client = sign_in(Role.MARKETER)

    html = page(client, workspace, "consent/")

    tiles = re.findall(r'<div class="tile-number"><a href="([^"]*)">([\d,]+)</a>', html)
    assert [int(count) for _href, count in tiles] == [7, 2, 1]
    for href, count in tiles:
        opened = client.get(href.replace("&amp;", "&")).content.decode()
        assert len(names(opened)) == int(count) and f"{count}人" in opened
    assert "gone@a.example" in page(client, workspace, "consent/addresses/")
    assert "g●●" in page(sign_in(Role.ANALYST), workspace, "consent/addresses/")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("same_act", "1つの行動が両方を指した"),
        ("same_mail", "メールアドレスが同じ"),
        ("name_and_company", "名前と会社が同じ"),
    ],
)
def test_a_merge_candidate_says_why_it_is_one(
    reason: str, said: str, workspace: WorkspaceInfo, sign_in: SignIn, now: datetime
) -> None:
    pair = (customer("a@aoba.example", at=now), customer("b@aoba.example", at=now))
    merging.suggest([pair], reason=reason, at=now)

    shown = page(sign_in(Role.MARKETER), workspace, "duplicates/")

    assert f'<td data-label="理由">{said}</td>' in shown


def test_companies_count_their_people(workspace: WorkspaceInfo, sign_in: SignIn, now: datetime) -> None:
    customer("a@a.example", at=now, company="㈱青葉製作所")
    customer("b@a.example", at=now, company="青葉製作所株式会社")
    ((found),) = companies.list_companies(ListQuery()).rows

    html = page(sign_in(Role.SALES), workspace, "companies/")

    assert "2人" in html and found.people == 2
    page(sign_in(Role.VIEWER), workspace, "companies/999999999/", status=404)


def test_who_may_do_what(workspace: WorkspaceInfo, sign_in: SignIn) -> None:
    viewer, marketer = sign_in(Role.VIEWER), sign_in(Role.MARKETER)

    page(viewer, workspace, "lists/new/", status=403)
    assert viewer.post(f"/w/{workspace.slug}/people/to-list/", {}).status_code == 403
    made = marketer.post(f"/w/{workspace.slug}/lists/new/", {"name": "春の招待", "note": ""}, follow=True)
    assert "このリストにはまだ誰もいません" in made.content.decode()
    refused = marketer.post(f"/w/{workspace.slug}/lists/new/", {"name": ""})
    assert refused.status_code == 422
