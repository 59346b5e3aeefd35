"""Walls and doors, over every address of the console: nothing of another workspace, nothing above one's role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve

from tabiji.core import postgres
from tabiji.practice.demo import staff
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import PERMISSIONS, Role, keys, members, workspace
from tests.builders.scopes import in_workspace, outside
from tests.demo.console import Route, complete, email_of, routes, signed_in
from tests.demo.stores import Demo

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("demo"), pytest.mark.timeout(1_500)]
ROUTES = routes()
GOLDEN = Path(__file__).with_name("roles.txt")
ANSWERS = {200, 302, 400, 405, 422}
"""A page; a way on; a form that wants more, or another method. Never 403, 404 or 5xx for who may."""
NEEDS_A_QUESTION = {"results-behind"}
"""Nothing stands there without what the address asks for."""
WITHOUT_IDS = {"home-reassign"}
"""Its parameter is a word: the pool, or a colleague of one's own."""


@pytest.fixture(scope="module")
def paths(demo: Demo) -> dict[str, str]:
    """Each address with ids of the demo company, by its name."""
    complete(demo.now)
    return {route.name: route.path(staff.SLUG) for route in ROUTES}


@pytest.fixture(scope="module")
def neighbour(demo: Demo) -> Iterator[str]:
    """An admin of the other workspace; the address."""
    (minato,) = [one for one in workspace.list_all() if one.slug != staff.SLUG]
    email = "admin@minato-kango.example"
    with in_workspace(minato.id):
        members.join(members.create_user(email, name="隣の 管理者"), Role.ADMIN)
    yield email


def test_there_are_addresses_to_look_at() -> None:
    assert len(ROUTES) > 150
    assert len({route.name for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_whoever_may_finds_it(route: Route, paths: dict[str, str]) -> None:
    """So that the next test cannot pass because an address is broken for everybody."""
    client = signed_in(email_of("admin"))
    with outside():
        answer = client.get(paths[route.name])

    if route.name in NEEDS_A_QUESTION:
        return
    assert answer.status_code in ANSWERS, (route.name, answer.status_code)


@pytest.mark.parametrize(
    "route",
    [one for one in ROUTES if one.params and one.name not in WITHOUT_IDS],
    ids=lambda route: route.name,
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_ids_of_another_workspace_are_nowhere(
    route: Route, method: str, paths: dict[str, str], neighbour: str
) -> None:
    (minato,) = [one for one in workspace.list_all() if one.slug != staff.SLUG]
    client = signed_in(neighbour)
    with outside():
        answer = getattr(client, method)(paths[route.name].replace(f"/w/{staff.SLUG}/", f"/w/{minato.slug}/"))

    if answer.status_code == 405:
        return  # the same for every id: only the other method is heard here
    assert answer.status_code == 404, (route.name, answer.status_code)


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_find_no_address_of_a_workspace(method: str, paths: dict[str, str], neighbour: str) -> None:
    client = signed_in(neighbour)
    with outside():
        answers = {name: getattr(client, method)(path).status_code for name, path in paths.items()}

    assert {name: status for name, status in answers.items() if status not in (404, 405)} == {}


def test_who_is_not_signed_in_is_asked_to(paths: dict[str, str]) -> None:
    client = Client()
    with outside():
        answers = {name: client.get(path) for name, path in paths.items()}

    wrong = {
        name: answer.status_code
        for name, answer in answers.items()
        if answer.status_code != 405
        and (answer.status_code != 302 or not answer["Location"].startswith("/accounts/login/"))
    }
    assert wrong == {}


def test_each_role_opens_what_the_table_says(paths: dict[str, str]) -> None:
    """`roles.txt` is the table: change it on purpose, never by accident.

    What only hears POST answers 405 to everybody: there the permission that the view states decides.
    """
    may: list[str] = []
    clients = {role: signed_in(email_of(role.value)) for role in Role}
    with outside():
        for route in ROUTES:
            path = paths[route.name]
            needed = getattr(resolve(path).func, "permission", None)
            open_to = [
                role.value
                for role in Role
                if (needed is None or needed in PERMISSIONS[role])
                and clients[role].get(path).status_code != 403
            ]
            may.append(f"{route.name}: {' '.join(open_to)}")

    assert may == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_the_rest_interface_has_the_same_walls(demo: Demo) -> None:
    (minato,) = [one for one in workspace.list_all() if one.slug != staff.SLUG]
    person = postgres.scalar("SELECT id FROM person ORDER BY id LIMIT 1")
    audience = postgres.scalar("SELECT max(id) FROM definition WHERE kind = 'audience'")
    listed = postgres.scalar("SELECT max(id) FROM static_list")
    with in_workspace(minato.id):
        _, secret = keys.create_api_key("walk", actor=AUTOMATIC)
    client = Client()
    asked = [
        ("get", f"people/{person}"),
        ("get", f"people/{person}/consent"),
        ("get", f"people/{person}/messages"),
        ("get", f"people/{person}/journeys"),
        ("get", f"audiences/{audience}/people"),
    ]
    with outside():
        head = {"Authorization": f"Bearer {secret}"}
        answers = {
            path: getattr(client, how)(f"/api/v1/{path}", headers=head).status_code for how, path in asked
        }
        changed = client.post(
            f"/api/v1/lists/{listed}/people",
            {"add": [str(person)]},
            content_type="application/json",
            headers=head,
        )

    assert set(answers.values()) == {404}, answers
    assert changed.status_code == 404
