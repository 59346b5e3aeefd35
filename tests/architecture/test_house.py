"""The house keeps its own rules: who may call what, how SQL is written, that every wall stands."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tabiji.core import postgres

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "tabiji"
ROOMS = {path.parent.name for path in HOUSE.glob("*/apps.py")} - {"practice"}
OPEN_DOORS = ("public", "contracts")
SQL_CALLS = {"execute", "rows", "records", "find_row", "scalar", "command", "columns", "stream"}
BUILDERS = {"audiences", "purpose", "insights"}
"""Rooms with a pure builder that gives (text, params); its texts are tested there."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0]


def test_other_rooms_are_entered_by_their_open_doors_only() -> None:
    trespasses = []
    for path, tree in sources():
        own = room_of(path)
        if own in ("runtime", "core"):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.stmt):
                continue
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            parts = (module or "").split(".")
            if len(parts) < 3 or parts[0] != "tabiji" or parts[1] == own or parts[1] not in ROOMS:
                continue
            is_table_base = parts[2] == "models" and path.name == "models.py"  # a foreign key
            if parts[2] not in OPEN_DOORS and not is_table_base:
                trespasses.append(f"{path.relative_to(ROOT)}:{node.lineno} imports {module}")

    assert trespasses == []


def test_sql_is_never_pasted_together_from_values() -> None:
    pasted = []
    for path, tree in sources():
        if room_of(path) in BUILDERS or "clickhouse" in path.parts or room_of(path) == "runtime":
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            of_itself = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
            if node.func.attr not in SQL_CALLS or of_itself:
                continue
            for part in ast.walk(node.args[0]):
                if not isinstance(part, ast.expr):
                    continue
                is_percent = isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod)
                is_format = isinstance(part, ast.Call) and getattr(part.func, "attr", "") == "format"
                if isinstance(part, ast.JoinedStr) or is_percent or is_format:
                    pasted.append(f"{path.relative_to(ROOT)}:{part.lineno}")

    assert pasted == []


def test_named_sql_says_in_its_first_line_what_it_does() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in HOUSE.glob("*/sql/**/*.sql")
        if not path.read_text(encoding="utf-8").startswith("-- ")
    ]

    assert silent == []


def test_every_room_says_what_it_is_on_one_page() -> None:
    silent, long = [], []
    for room in sorted(ROOMS):
        page = HOUSE / room / "README.md"
        if not page.exists():
            silent.append(room)
        elif len(page.read_text(encoding="utf-8").splitlines()) > 60:
            long.append(room)

    assert (silent, long) == ([], [])


def test_no_file_names_a_place_of_this_machine_or_a_registry() -> None:
    forbidden = (
        "/work/" + "main",
        "registry.npmjs" + ".org",
        "pypi" + ".org/simple",
        "files.pythonhosted" + ".org",
    )
    found = []
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.is_file() and file.suffix != ".png":
            text = file.read_bytes()
            found += [f"{name}: {word}" for word in forbidden if word.encode() in text]

    assert found == []


@pytest.mark.django_db
def test_every_table_of_a_workspace_has_forced_row_level_security() -> None:
    open_tables = postgres.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND c.relname <> 'staff_mail'"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
    )
    walled = postgres.scalar("SELECT count(*) FROM pg_policies WHERE policyname = 'one_workspace'")

    assert open_tables == []
    assert walled > 20


@pytest.mark.django_db
def test_without_a_scope_no_row_of_any_workspace_is_seen() -> None:
    from tabiji.workspaces.public import workspace

    made = workspace.create("walls", name="Walls")
    with postgres.workspace_scope(made.id):
        postgres.execute("INSERT INTO static_list (workspace_id, name, note) VALUES (%s, 'x', '')", [made.id])
        assert postgres.scalar("SELECT count(*) FROM static_list") == 1

    tables = [
        row[0]
        for row in postgres.rows(
            "SELECT tablename FROM pg_policies WHERE policyname = 'one_workspace' ORDER BY 1"
        )
    ]
    seen = [name for name in tables if postgres.scalar("SELECT count(*) FROM " + name)]

    assert seen == []


@pytest.mark.django_db
def test_a_row_for_another_workspace_is_refused() -> None:
    import psycopg

    from tabiji.workspaces.public import workspace

    mine, other = workspace.create("mine", name="M"), workspace.create("other", name="O")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), postgres.workspace_scope(mine.id):
        postgres.execute(
            "INSERT INTO static_list (workspace_id, name, note) VALUES (%s, 'x', '')", [other.id]
        )
