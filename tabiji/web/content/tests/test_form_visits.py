"""The part of a form's page that says how far people come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.events.public import inlet, processor
from tabiji.pages.public import form_templates
from tabiji.pages.public import forms as public_forms
from tabiji.web.content.tests.conftest import SignIn
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import Role
from tests.builders.console import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def form_id(workspace: object) -> int:
    key = next(iter(form_templates.TEMPLATES))
    document = form_templates.build(key, "ja").model_dump(mode="json")
    return public_forms.create("資料請求", key="visited", actor=AUTOMATIC, document=document)


def test_the_fields_at_which_people_give_up_open_those_people(
    aoi: Browser, form_id: int, now: datetime
) -> None:
    at = now - timedelta(hours=2)
    sato = {"userId": "sato@aoba.example"}
    known = {
        "type": "identify",
        "traits": {"email": "sato@aoba.example"},
        "timestamp": at.isoformat(),
        **sato,
    }
    inlet.accept([known], source="server", is_history=True)
    for place, name in enumerate(("form_viewed", "form_started", "form_field_left")):
        moment = (at + timedelta(minutes=place)).isoformat()
        props = {"form_id": str(form_id), **({"field": "<b>phone</b>"} if place == 2 else {})}
        event = {"type": "track", "event": name, "timestamp": moment, "properties": props, **sato}
        inlet.accept([event], source="server", is_history=True)
    processor.process_all()

    html = aoi.get(f"forms/{form_id}/visits/")

    assert "&lt;b&gt;phone&lt;/b&gt;" in html
    assert "<b>phone" not in html
    href = html.split("&lt;b&gt;phone")[1].split('href="')[1].split('"')[0]
    assert "sato@aoba.example" in aoi.follow(href)


def test_a_form_that_nobody_saw_says_so(sign_in: SignIn, form_id: int) -> None:
    assert "まだ" in sign_in(Role.VIEWER).get(f"forms/{form_id}/visits/")
    sign_in(Role.SALES).get(f"forms/{form_id}/visits/", expected=403)
    sign_in(Role.ANALYST).get("forms/999999/visits/", expected=404)
