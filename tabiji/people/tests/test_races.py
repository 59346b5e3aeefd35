"""Imports beside others, at one moment: real transactions on connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import pytest_django
from django.db import transaction

from tabiji.core import ids, postgres
from tabiji.people import loops
from tabiji.people.contracts import FieldUpdate, Identifier, IdentifierKind
from tabiji.people.public import fields, identity, imports, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.races import committed_workspace, together
from tests.builders.scopes import outside


@pytest.fixture
def committed(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[WorkspaceInfo]:
    with django_db_blocker.unblock(), committed_workspace(None) as workspace:
        yield workspace


def started(text: str) -> int:
    import_id = imports.upload("名簿.csv", text.encode(), actor=AUTOMATIC, now=datetime.now(UTC))
    imports.start(import_id, actor=AUTOMATIC)
    return import_id


def test_who_becomes_known_while_their_row_is_taken_in_is_one_person(committed: WorkspaceInfo) -> None:
    person, mail = ids.new_id(), Identifier(IdentifierKind.EMAIL, "a@aoba.example")
    with postgres.workspace_scope(committed.id):
        import_id = started(
            "メール,会員番号,姓\na@aoba.example,M-1,佐藤\nb@aoba.example,M-2,鈴木\na@aoba.example,M-3,佐藤\n"
        )
        mapping = {0: "email", 1: "user_id", 2: "last_name"}
        assert {int(n): name for n, name in imports.get(import_id).mapping.items()} == mapping
    is_open = threading.Event()

    def becomes_known() -> None:
        with transaction.atomic():
            now = datetime.now(UTC)
            persons.create({person: now})
            assert identity.claim({mail: person}, now) == set()
            written = FieldUpdate(person, "email", mail.value, int(now.timestamp() * 1000))
            fields.write([written], actor="person")
            is_open.set()
            time.sleep(0.5)

    def takes() -> int:
        assert is_open.wait(20)
        return imports.run_chunk(datetime.now(UTC))

    assert together(committed, becomes_known, takes) == [None, 3]

    with postgres.workspace_scope(committed.id):
        assert imports.run_chunk(datetime.now(UTC)) == 1
        number = Identifier(IdentifierKind.USER, "M-1")
        assert identity.find([mail, number]) == {mail: person, number: person}
        assert (persons.count(), persons.get(person).last_name) == (2, "佐藤")
        assert imports.get(import_id).counts == {"new": 1, "update": 2}


def test_the_file_that_cannot_go_on_is_marked_and_not_the_one_another_worker_has(
    committed: WorkspaceInfo,
) -> None:
    with postgres.workspace_scope(committed.id):
        sound, broken = (
            started("メール,姓\na@aoba.example,佐藤\n"),
            started("メール,姓\nb@aoba.example,鈴木\n"),
        )
        # Larger than any id: the database itself refuses it.
        postgres.execute(
            "UPDATE import_file SET options = jsonb_set(options, '{list_id}', %s) WHERE id = %s",
            [postgres.json(10**20), broken],
        )
    is_held, is_told = threading.Event(), threading.Event()

    def another_worker() -> None:
        with transaction.atomic():
            postgres.execute("SELECT 1 FROM import_file WHERE id = %s FOR UPDATE", [sound])
            is_held.set()
            assert is_told.wait(20)

    def carry_on() -> int:
        assert is_held.wait(20)
        try:
            with outside():
                return loops.carry_on()
        finally:
            is_told.set()

    assert together(committed, another_worker, carry_on) == [None, 1]

    with postgres.workspace_scope(committed.id):
        assert (imports.get(sound).state, imports.get(broken).state) == ("running", "failed")
        assert imports.get(broken).error
        while imports.run_chunk(datetime.now(UTC)):
            pass
