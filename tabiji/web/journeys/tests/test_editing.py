"""Drawing a draft: by plain forms and by fragments, saved at once, taken back, never over a colleague."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from tabiji.journeys.public import versions
from tabiji.web.journeys.tests.conftest import Browser, Followed, SignIn, text_of
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role

pytestmark = pytest.mark.django_db


def nodes(journey_id: int) -> dict[str, Any]:
    return {node["id"]: node["config"] for node in versions.get(journey_id).draft["nodes"]}


def drawing(page: str) -> dict[str, Any]:
    """What the canvas gets."""
    found = re.search(r'data-drawing="([^"]*)"', page)
    assert found
    data: dict[str, Any] = json.loads(unescape(found.group(1)))
    return data


def form_of(page: str) -> dict[str, str]:
    """The fields of a step's form as a browser would send them."""
    form = page[page.index("step-form") : page.index("</form>", page.index("step-form"))]
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        fields[name] = chosen.group(1) if chosen else ""
    return {name: unescape(value) for name, value in fields.items() if name != "mail_id"}


def test_a_mail_is_added_from_the_outline_with_plain_forms(aoi: Browser, draft_id: int, mail_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"

    address = aoi.post(edit, {"act": "insert", "source": "n1", "port": "next", "type": "send"})
    step = address.partition("step=")[2]
    fields = form_of(aoi.client.get(address).content.decode())
    aoi.post(edit, {**fields, "mail_id": mail_id})

    assert nodes(draft_id)[step] == {"mail_id": mail_id}
    assert "メール「事例メール」を送る" in text_of(aoi.get(f"journeys/{draft_id}/draft/"))


def test_the_canvas_gets_what_became_different_and_the_drawer(aoi: Browser, draft_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"

    answer = aoi.fragment(edit, {"act": "insert", "source": "ENTRY", "port": "", "type": "wait"})

    drawn = drawing(answer)
    assert [way["target"] for way in drawn["ways"] if way["source"] == "ENTRY"] == ["wait-1"]
    assert drawn["canUndo"]
    assert 'data-card="wait-1"' in answer
    for part in ("journey-checks", "journey-outline", "journey-bar"):
        assert f'id="{part}"' in answer
    assert re.search(r"\d\d:\d\d 保存済み", answer)


def test_fifty_edits_are_taken_back_one_by_one(aoi: Browser, draft_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"
    before = nodes(draft_id)
    for _ in range(3):
        aoi.fragment(edit, {"act": "insert", "source": "n1", "port": "next", "type": "add_score"})
    aoi.fragment(edit, {"act": "remove", "card": "n2"})

    for _ in range(4):
        aoi.fragment(edit, {"act": "undo"})

    assert nodes(draft_id) == before
    assert "元に戻せる変更はもうありません" in aoi.fragment(edit, {"act": "undo"}, expected=422)
    aoi.fragment(edit, {"act": "redo"})
    assert len(nodes(draft_id)) == len(before) + 1


def test_a_removed_branch_says_what_went_with_it_and_offers_undo(aoi: Browser, draft_id: int) -> None:
    answer = aoi.fragment(f"journeys/{draft_id}/edit/", {"act": "remove", "card": "n2"})

    assert "先の1ステップといっしょに削除しました" in text_of(answer)
    assert "undo-toast" in answer


def test_settings_are_saved_while_they_are_typed(aoi: Browser, draft_id: int) -> None:
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n1"))

    answer = aoi.fragment(f"journeys/{draft_id}/edit/", {**fields, "amount": "5", "at": "09:30"})

    assert nodes(draft_id)["n1"] == {"kind": "business_days", "amount": 5, "at": "09:30"}
    assert "5営業日待つ・9:30に再開" in answer


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": "many"}, "整数ではありません"),
        ({"amount": "-1"}, "使えません"),
        ({"at": "25:00"}, "使えません"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_place(
    aoi: Browser, draft_id: int, changed: dict[str, str], said: str
) -> None:
    before = nodes(draft_id)
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n1"))

    answer = aoi.fragment(f"journeys/{draft_id}/edit/", {**fields, **changed}, expected=422)

    assert said in answer
    assert nodes(draft_id) == before


def test_a_form_that_is_older_than_the_step_changes_nothing(aoi: Browser, draft_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n1"))
    aoi.fragment(edit, {**fields, "amount": "5"})

    answer = aoi.fragment(edit, {**fields, "amount": "9"}, expected=409)

    assert "その間に変更されました" in answer
    assert nodes(draft_id)["n1"]["amount"] == 5


def test_a_second_editor_sees_the_firsts_name_and_reads(aoi: Browser, sign_in: SignIn, draft_id: int) -> None:
    makoto = sign_in(Role.MARKETER, "森 真琴")
    page = makoto.get(f"journeys/{draft_id}/draft/?step=n1")
    fields = form_of(page)
    aoi.fragment(f"journeys/{draft_id}/edit/", {"act": "remove", "card": "n4"})

    refused = makoto.fragment(f"journeys/{draft_id}/edit/", {**fields, "amount": "9"}, expected=409)
    read = makoto.get(f"journeys/{draft_id}/draft/?step=n1")
    taken = makoto.get(f"journeys/{draft_id}/draft/?step=n1&edit=1")

    assert "高橋 葵さんが編集中です" in refused
    assert not drawing(refused)["isEditable"]
    assert "高橋 葵さんが編集中" in read
    assert "step-form" not in read
    assert "step-form" in taken
    assert nodes(draft_id)["n1"]["amount"] == 3


def test_a_branch_gets_lines_and_arms(aoi: Browser, draft_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n2"))

    with_line = aoi.fragment(edit, {**fields, "do": "add_row:0/score"})
    with_arm = aoi.fragment(edit, {**form_of(with_line), "do": "add_arm"})
    aoi.fragment(edit, {**form_of(with_arm), "arm-0-row-1-value": "55", "arm-1-label": "クリック"})

    arms = nodes(draft_id)["n2"]["arms"]
    assert [arm["label"] for arm in arms] == ["", "クリック"]
    assert arms[0]["condition"]["of"][1] == {"kind": "value", "of": "score", "op": "gte", "value": 55}
    assert arms[1]["condition"]["of"][0]["window"] == {"kind": "since_entry"}


def test_a_line_that_is_not_finished_is_drawn_as_it_stands_and_kept_once_it_is(
    aoi: Browser, draft_id: int
) -> None:
    edit = f"journeys/{draft_id}/edit/"
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n2"))

    with_line = form_of(aoi.fragment(edit, {**fields, "do": "add_row:0/did"}))
    (place,) = {name.split("-")[3] for name, value in with_line.items() if value == "did"}
    filtered = form_of(aoi.fragment(edit, {**with_line, "do": f"add_part:0/{place}/test"}))
    line = f"arm-0-row-{place}-"
    kept_meanwhile = nodes(draft_id)["n2"]["arms"][0]["condition"]["of"]
    done = {f"{line}test-0-prop": "ページ", f"{line}test-0-op": "contains", f"{line}test-0-value": "pricing"}
    aoi.fragment(edit, {**filtered, **done})

    assert filtered[f"{line}kind"] == "did" and filtered[f"{line}test-0-op"] == "is"
    assert kept_meanwhile[int(place)]["where"] == []
    (kept,) = nodes(draft_id)["n2"]["arms"][0]["condition"]["of"][int(place)]["where"]
    assert kept == {"prop": "path", "op": "contains", "value": "pricing"}


def test_a_condition_that_no_sentence_can_say_is_kept_as_it_is(aoi: Browser, draft_id: int) -> None:
    nested = {
        "version": 1,
        "kind": "all",
        "of": [
            {"kind": "none", "of": [{"kind": "attribute", "field": "title", "op": "is", "value": "社長"}]}
        ],
    }
    graph = versions.get(draft_id).draft
    next(node for node in graph["nodes"] if node["id"] == "n2")["config"]["arms"][0]["condition"] = nested
    versions.save_draft(draft_id, graph, actor=AUTOMATIC, revision=1)

    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=n2"))
    aoi.fragment(f"journeys/{draft_id}/edit/", {**fields, "question": "社長ではない?"})

    config = nodes(draft_id)["n2"]
    assert config["question"] == "社長ではない?"
    assert config["arms"][0]["condition"]["of"][0]["kind"] == "none"


def test_the_entry_is_chosen_in_its_drawer(aoi: Browser, draft_id: int) -> None:
    edit = f"journeys/{draft_id}/edit/"
    fields = form_of(aoi.get(f"journeys/{draft_id}/draft/?step=ENTRY"))

    filtered = {**fields, "entry-0-where-0-name": "plan", "entry-0-where-0-values": "pro、team"}
    aoi.fragment(edit, {**filtered, "reentry": "after_days", "reentry-days": "30"})

    draft = versions.get(draft_id).draft
    assert draft["entries"] == [
        {"kind": "event", "event": "asked", "where": [{"name": "plan", "values": ["pro", "team"]}]}
    ]
    assert draft["reentry"] == {"kind": "after_days", "days": 30}


def test_the_checks_name_every_problem_and_lead_to_its_step(aoi: Browser, draft_id: int) -> None:
    answer = aoi.fragment(
        f"journeys/{draft_id}/edit/", {"act": "insert", "source": "n1", "port": "next", "type": "send"}
    )

    checks = answer[answer.index('id="journey-checks"') :]
    assert "問題 1件" in text_of(checks)
    assert 'data-card="send-1"' in checks
    assert "問題が1件あるので開始できません" in text_of(answer)


def test_ids_of_published_steps_are_not_given_again(aoi: Browser, followed: Followed) -> None:
    edit = f"journeys/{followed.journey_id}/edit/"
    aoi.fragment(edit, {"act": "insert", "source": "n1", "port": "next", "type": "wait"})
    versions.publish(
        followed.journey_id, actor=AUTOMATIC, now=versions.get(followed.journey_id).draft_saved_at
    )
    aoi.fragment(edit, {"act": "remove", "card": "wait-1"})

    aoi.fragment(edit, {"act": "insert", "source": "n1", "port": "next", "type": "wait"})

    assert "wait-2" in nodes(followed.journey_id)


@pytest.mark.parametrize(
    "post",
    [
        {"act": "explode"},
        {"act": "insert", "source": "nowhere", "port": "next", "type": "send"},
        {"act": "insert", "source": "n1", "port": "next", "type": "rm -rf"},
        {"act": "remove", "card": "n99"},
        {"act": "move", "card": "n1", "to": "n1:zzz:x"},
        {"act": "connect", "source": "n1", "port": "next", "target": "n99"},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(aoi: Browser, draft_id: int, post: dict[str, str]) -> None:
    before = versions.get(draft_id).draft

    aoi.fragment(f"journeys/{draft_id}/edit/", post, expected=422)

    assert versions.get(draft_id).draft == before


def test_a_new_journey_begins_with_why(aoi: Browser, booked: str, workspace: WorkspaceInfo) -> None:
    said = {
        "why": "資料を読んだだけで止まる",
        "entry": "event:",
        "from_state": "資料を持っている",
        "to_state": "商談を予約した",
        "goal": booked,
        "name": "新しいフォロー",
        "responsible": aoi.user_id,
    }

    missing = aoi.post("journeys/new/", {**said, "why": ""}, expected=422)
    address = aoi.post("journeys/new/", said)

    page = text_of(aoi.client.get(address).content.decode())
    assert "直してください" in missing
    assert "なぜ 資料を読んだだけで止まる" in page
    assert "3営業日待つ" in page
    assert "だれが入るかを決めてください" in page
    assert "使われている場所 新しいフォロー" in page
