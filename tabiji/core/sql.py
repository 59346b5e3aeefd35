"""SQL longer than five lines lives in `<room>/sql/<name>.sql`, described by its first line."""

from __future__ import annotations

from functools import cache
from importlib import resources


class UndescribedSql(RuntimeError):
    """A named statement whose first line does not say what it does."""


@cache
def named(room: str, name: str) -> str:
    """The text of `tabiji/<room>/sql/<name>.sql`; raises FileNotFoundError for an unknown name."""
    text = resources.files(f"tabiji.{room}").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    if not text.startswith("-- "):
        raise UndescribedSql(f"{room}/sql/{name}.sql must begin with a line '-- what it does'")
    return text
