"""A practice workspace that sends through a practice mail server of its own, in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tabiji.messaging.public import domains
from tabiji.practice.mailserver import PracticeMailServer, Received, serving
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces


@pytest.fixture
def letters_sent() -> list[Received]:
    return []


@pytest.fixture
def sends(workspace: WorkspaceInfo, letters_sent: list[Received], settings: LazySettings) -> Iterator[int]:
    """Lets the workspace send; what arrives stands in `letters_sent`. The server's port."""
    workspaces.update_settings(quiet_hours={"starts": "00:00", "ends": "00:00"})
    with serving(PracticeMailServer(letters_sent.append)) as port:
        settings.PRACTICE_SMTP = f"127.0.0.1:{port}"
        sends_by_practice()
        yield port


def sends_by_practice() -> None:
    domains.save(
        actor=AUTOMATIC,
        from_name="タノモア おまかせ",
        from_address="info@tanomoa.example",
        bounce_domain="bounce.tanomoa.example",
        host=domains.PRACTICE_HOST,
        port=domains.PRACTICE_PORT,
        security="none",
        connections=10,
    )
