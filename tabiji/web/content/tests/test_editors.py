"""Mails, forms and pages are written as lists of rows: kept as typed, checked, and published in versions."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.http import HttpResponse

from tabiji.content.public import mails
from tabiji.pages.public import form_templates, landing
from tabiji.pages.public import forms as public_forms
from tabiji.web.content.tests.conftest import SignIn
from tabiji.web.content.tests.typing import typed
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.cast import customer
from tests.builders.console import Browser
from tests.builders.mails import published_mail
from tests.builders.scopes import outside

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_id(workspace: WorkspaceInfo, now: datetime) -> int:
    customer("misaki@aoba.example", at=now, last_name="佐藤", first_name="美咲")
    return published_mail("事例のご案内", at=now)


def _made(response: HttpResponse) -> int:
    """The id of what was made, from the address of its editor."""
    return int(response.headers["Location"].rstrip("/").split("/")[-2])


def test_an_editor_that_is_only_opened_and_saved_changes_nothing(aoi: Browser, mail_id: int) -> None:
    before = mails.get(mail_id)

    aoi.post(f"mails/{mail_id}/save/", typed(aoi.get(f"mails/{mail_id}/edit/")), expected=200, htmx=True)

    after = mails.get(mail_id)
    assert (after.document, after.subject, after.revision) == (
        before.document,
        before.subject,
        before.revision,
    )


@pytest.mark.parametrize("template", sorted(form_templates.TEMPLATES))
def test_a_form_made_from_a_template_survives_its_editor_and_is_published(
    aoi: Browser, template: str
) -> None:
    made = aoi.post("forms/new/", {"template": template, "name": "資料請求", "language": "ja"}, expected=302)
    form_id = _made(made)
    before = public_forms.get(form_id).document

    data = typed(aoi.get(f"forms/{form_id}/edit/"))
    aoi.post(f"forms/{form_id}/publish/", data, expected=302)

    (version,) = public_forms.list_versions(form_id)
    assert version.document == before
    assert len(version.document["fields"]) > 3


def test_what_is_typed_is_kept_and_sent_only_once_it_is_put_to_use(aoi: Browser, mail_id: int) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    data["subject"] = "{{ person | honorific }}、事例です"
    order = data.getlist("order")
    data.setlist("order", [*order[1:], "new1", order[0]])
    data["new1-kind"], data["new1-text"] = "heading", "<b>三社の話</b>"

    aoi.post(f"mails/{mail_id}/save/", data, expected=200, htmx=True)

    kept = mails.get(mail_id)
    assert kept.subject == "{{ person | honorific }}、事例です"
    assert [one["kind"] for one in kept.document["blocks"]][-3:] == ["heading", "text", "footer"]
    assert kept.is_changed
    assert len(mails.list_versions(mail_id)) == 1

    data["revision"] = str(kept.revision)
    aoi.post(f"mails/{mail_id}/use/", data, expected=302)
    shown = aoi.get(f"mails/{mail_id}/frame/?version=2&who=real")
    assert "&lt;b&gt;三社の話&lt;/b&gt;" in shown
    assert "<b>三社" not in shown


def test_a_word_that_no_merge_field_has_is_named_with_its_block_and_not_sent(
    aoi: Browser, mail_id: int
) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    (text,) = [key for key in data.getlist("order") if data[f"{key}-kind"] == "text"]
    data[f"{text}-text"] = "{{ person.lastname_ }} さま\n\nお元気ですか。"

    looked = aoi.post(f"mails/{mail_id}/look/", data, expected=200).content.decode()
    aoi.post(f"mails/{mail_id}/use/", data, expected=302)

    assert "lastname_" in looked
    said = aoi.get(f"mails/{mail_id}/edit/")
    assert "lastname_" in said
    assert len(mails.list_versions(mail_id)) == 1
    assert "lastname_" in str(mails.get(mail_id).document), "what was typed is not lost"


@pytest.mark.parametrize(
    "words",
    [
        "{{ x.__class__ }}",
        "{% for i in (1..999999999) %}x{% endfor %}",
        "{% include 'x' %}",
        "{{",
        "{% if %}",
    ],
)
def test_a_hostile_or_broken_text_is_only_a_problem_of_the_draft(
    aoi: Browser, mail_id: int, words: str
) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    data["subject"] = words

    aoi.post(f"mails/{mail_id}/look/", data, expected=200)
    aoi.post(f"mails/{mail_id}/look/frame/?who=real", data, expected=200)
    aoi.post(f"mails/{mail_id}/use/", data, expected=302)

    assert len(mails.list_versions(mail_id)) == 1


def test_two_who_write_at_once_do_not_overwrite_each_other(
    sign_in: SignIn, aoi: Browser, mail_id: int
) -> None:
    first, second = typed(aoi.get(f"mails/{mail_id}/edit/")), typed(aoi.get(f"mails/{mail_id}/edit/"))
    first["subject"], second["subject"] = "葵の件名", "遅れた件名"
    aoi.post(f"mails/{mail_id}/save/", first, expected=200, htmx=True)

    said = sign_in(Role.ADMIN).post(f"mails/{mail_id}/save/", second, expected=409, htmx=True)
    told = said.content.decode()

    assert "高橋 葵" in told
    assert mails.get(mail_id).subject == "葵の件名"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"order": ["b0", "b0"]}, 400),
        ({"order": ["../etc"]}, 400),
        ({"order": [f"x{n}" for n in range(500)]}, 400),
        ({"b0-kind": ["form"]}, 400),
        ({"b0-kind": ["<script>"]}, 400),
        ({"subject": ["x" * 5_000]}, 422),
        ({"purpose": ["free"]}, 422),
        ({"revision": ["999999999999999999999"]}, 409),
        ({"revision": ["１２"]}, 409),
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(
    aoi: Browser, mail_id: int, change: dict[str, list[str]], expected: int
) -> None:
    before = mails.get(mail_id)
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    for name, values in change.items():
        data.setlist(name, values)

    aoi.post(f"mails/{mail_id}/save/", data, expected=expected, htmx=True)

    assert mails.get(mail_id) == before


def test_an_earlier_version_comes_back_into_the_draft_and_can_be_taken_back(
    aoi: Browser, mail_id: int
) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    earlier = mails.get(mail_id).subject
    data["subject"] = "あたらしい件名"
    aoi.post(f"mails/{mail_id}/use/", data, expected=302)

    aoi.post(f"mails/{mail_id}/go-back/", {"version": "1"}, expected=302)
    assert mails.get(mail_id).subject == earlier
    aoi.post(f"mails/{mail_id}/go-back/", {"undo": "1"}, expected=302)
    assert mails.get(mail_id).subject == "あたらしい件名"
    aoi.post(f"mails/{mail_id}/go-back/", {"version": "9"}, expected=404)


def test_a_page_carries_its_form_and_is_public_only_when_it_is_published(
    aoi: Browser, workspace: WorkspaceInfo
) -> None:
    made = aoi.post(
        "forms/new/", {"template": "enquiry", "name": "問い合わせ", "language": "ja"}, expected=302
    )
    form_id = _made(made)
    aoi.post(f"forms/{form_id}/publish/", typed(aoi.get(f"forms/{form_id}/edit/")), expected=302)
    made = aoi.post(
        "pages/new/", {"name": "相談", "key": "sodan", "form": str(form_id), "language": "ja"}, expected=302
    )
    page_id = _made(made)
    public = f"/p/{workspace.slug}/sodan"

    with outside():
        assert aoi.client.get(public).status_code == 404
    aoi.post(f"pages/{page_id}/publish/", typed(aoi.get(f"pages/{page_id}/edit/")), expected=302)

    assert len(landing.list_versions(page_id)) == 1
    with outside():
        shown = aoi.client.get(public)
    assert shown.status_code == 200
    assert 'name="email"' in shown.content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.SALES])
def test_only_those_who_may_write_get_to_the_editor(sign_in: SignIn, mail_id: int, role: Role) -> None:
    browser = sign_in(role)
    for path in ("edit", "save", "use", "go-back"):
        if path == "edit":
            browser.get(f"mails/{mail_id}/edit/", expected=403)
        else:
            browser.post(f"mails/{mail_id}/{path}/", {}, expected=403)


def test_a_test_copy_needs_a_way_to_send_and_says_so(aoi: Browser, mail_id: int) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    data["subject"] = "{{ broken"
    aoi.post(f"mails/{mail_id}/save/", data, expected=200, htmx=True)

    aoi.post(f"mails/{mail_id}/test/", {}, expected=302)

    assert "先に" in aoi.get(f"mails/{mail_id}/edit/")


def test_the_law_footer_stays_whatever_is_sent(aoi: Browser, mail_id: int) -> None:
    data = typed(aoi.get(f"mails/{mail_id}/edit/"))
    data.setlist("order", [])

    aoi.post(f"mails/{mail_id}/save/", data, expected=200, htmx=True)

    assert [one["kind"] for one in mails.get(mail_id).document["blocks"]] == ["footer"]
