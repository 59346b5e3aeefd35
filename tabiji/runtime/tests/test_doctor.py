"""What the doctor says of mail to colleagues."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from tabiji.runtime import doctor
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db


def test_a_real_workspace_without_a_mail_server_is_no_installation(settings: Settings) -> None:
    settings.STAFF_SMTP_URL, settings.PUBLIC_URL = "", "https://ma.example"
    workspaces.create("real-company", name="本物", is_practice=False, clock_offset=timedelta(), shards=1)

    (finding,) = doctor.staff_mail()
    assert finding.level == "broken"
    assert "TABIJI_SMTP_URL" in finding.mend

    settings.STAFF_SMTP_URL = "smtp://tabiji:secret@mail.example:587"
    assert [found.level for found in doctor.staff_mail()] == ["fine"]


def test_a_mail_server_written_wrongly_is_said(settings: Settings) -> None:
    settings.STAFF_SMTP_URL = "mail.example:587"

    assert [found.level for found in doctor.staff_mail()] != ["fine"]
