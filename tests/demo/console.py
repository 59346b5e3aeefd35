"""Every address of the console, with an example of each id that it takes, as the demo company has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tabiji.core import postgres
from tabiji.events.public import history
from tabiji.experiments.public import decisions, experiments
from tabiji.practice.demo import staff
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import members

WEBSITE_HOST: Final = "127.0.0.1"
_NEWEST: Final = {
    "person_id": "SELECT person_id FROM enrolment ORDER BY id DESC LIMIT 1",
    "company_id": "SELECT company_id FROM person WHERE company_id IS NOT NULL ORDER BY id LIMIT 1",
    "list_id": "SELECT max(id) FROM static_list",
    "broadcast_id": "SELECT max(id) FROM broadcast",
    "message_id": "SELECT max(id) FROM message",
    "reject_id": "SELECT max(id) FROM event_reject",
    "move_id": "SELECT max(id) FROM time_move",
    "kpi_id": "SELECT max(definition_id) FROM kpi",
    "decision_id": "SELECT max(id) FROM experiment_decision",
    "hand_over_id": "SELECT max(id) FROM hand_over",
    "task_id": "SELECT max(id) FROM task",
    "deal_id": "SELECT max(id) FROM deal",
    "appointment_id": "SELECT max(id) FROM appointment",
    "import_id": "SELECT max(id) FROM import_file",
    "history_id": "SELECT max(id) FROM history_file",
    "key_id": "SELECT max(id) FROM api_key",
    "exclusion_id": "SELECT max(id) FROM exclusion",
    "user_id": "SELECT max(user_id) FROM member WHERE left_at IS NULL",
}
_DEFINITIONS: Final = {
    "journey_id": "journey",
    "funnel_id": "funnel",
    "initiative_id": "initiative",
    "experiment_id": "experiment",
    "page_id": "page",
    "form_id": "form",
    "audience_id": "audience",
}
_OF_WORDS: Final = {
    "mails": "mail",
    "pages": "page",
    "forms": "form",
    "todos": "journey",
    "initiatives": "journey",
}
"""Of which kind `definition_id` is, by the first word of the address's name."""
_SLUGS: Final = {
    ("people-field", "key"): "title",
    ("home-reassign", "owner"): "pool",
    ("calendar-open", "day"): "2026-05-01",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One address inside a workspace."""

    name: str
    params: tuple[str, ...]

    def path(self, slug: str) -> str:
        """With examples from the scope's workspace."""
        return reverse(self.name, args=[slug, *(example(self.name, param) for param in self.params)])


def complete(now: datetime) -> None:
    """Make one of each thing that nobody at the demo company has made: a move of time, a refusal, a decision, a
    file of past events.
    """
    postgres.execute(
        "INSERT INTO time_move (workspace_id, target, started_from, cancelled, error, finished_at)"
        " VALUES (current_ws(), %s, %s, false, '', now())",
        [now, now],
    )
    postgres.execute(
        "INSERT INTO event_reject (workspace_id, reason, detail, source, body)"
        " VALUES (current_ws(), 'bad_kind', 'walk', 'web', %s)",
        [b'{"type": "walk", "anonymousId": "a"}'],
    )
    history.bring(
        "past.csv",
        BytesIO(b"event,email,timestamp\nbought,a@b.example,2026-04-01\n"),
        actor=AUTOMATIC,
        now=now,
    )
    found = max(experiments.list_all(), key=lambda one: one.id)
    decisions.adopt(found.id, found.variants[0].key, actor=AUTOMATIC, at=now)


def routes() -> list[Route]:
    """All of `/w/<slug>/`, in the order in which they are looked up."""
    return list(_routes(get_resolver().url_patterns, ""))


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for one in patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, text)
        elif text.startswith("w/<slug:slug>/") and one.name:
            params = tuple(part.split(">")[0].split(":")[-1] for part in text.split("<")[2:])
            yield Route(one.name, params)


def example(route: str, param: str) -> Any:
    """An id that stands in the scope's workspace. Raises KeyError for a parameter without an example."""
    if (route, param) in _SLUGS:
        return _SLUGS[route, param]
    if route.startswith("practice-mail"):
        return _one("SELECT max(id) FROM practice_mail", param)
    if param in _NEWEST:
        return _one(_NEWEST[param], param)
    if param == "mail_id":
        return _definition("mail")
    if param in _DEFINITIONS:
        return _definition(_DEFINITIONS[param])
    if param == "definition_id":
        return _definition(_OF_WORDS[route.split("-")[0]])
    if (route, param) == ("journeys-step", "card"):
        return _one(
            "SELECT node FROM enrolment WHERE journey_id = " + str(_definition("journey")) + " LIMIT 1", param
        )
    if param == "key" and route.startswith("scoring-stage"):
        return _one("SELECT document->'stages'->0->>'key' FROM stage_version ORDER BY id DESC LIMIT 1", param)
    if param == "key" and route.startswith("scoring-rule"):
        return _one("SELECT document->'rules'->0->>'key' FROM score_version ORDER BY id DESC LIMIT 1", param)
    if param == "key" and route.startswith("fields"):
        return _one("SELECT key FROM person_field ORDER BY key LIMIT 1", param)
    raise KeyError(f"no example of {param} for {route}: say one in tests/demo/console.py")


def _definition(kind: str) -> int:
    return int(
        _one("SELECT max(id) FROM definition WHERE kind = '" + kind + "' AND state <> 'archived'", kind)
    )


def _one(statement: str, what: str) -> Any:
    found = postgres.scalar(statement)
    assert found is not None, f"the demo company has no {what}"
    return found


def signed_in(email: str) -> Client:
    """A browser in which this colleague is signed in."""
    client = Client(SERVER_NAME=WEBSITE_HOST, raise_request_exception=True)
    client.force_login(get_user_model().objects.get(email=email))
    return client


def email_of(role: str) -> str:
    """A colleague of the demo company with this role; a viewer is invited first."""
    for one in staff.STAFF:
        if one.role == role and one.key != staff.LEFT:
            return one.email
    email = f"{role}@tanomoa.example"
    if not get_user_model().objects.filter(email=email).exists():
        from tabiji.workspaces.public import Role

        members.join(members.create_user(email, name="見る 人"), Role(role))
    return email


def is_person(value: Any) -> bool:
    return isinstance(value, UUID)
