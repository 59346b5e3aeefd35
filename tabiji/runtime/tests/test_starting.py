"""A start that cannot bring the stores to this version leaves nobody who would go on with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tabiji.runtime.home import Home
from tabiji.runtime.postgres import free_port
from tabiji.runtime.supervisor import Ports, Stack

pytestmark = pytest.mark.stack


class _Unmovable(Stack):
    """Its stores cannot be changed."""

    def _migrate(self, environment: Mapping[str, str], lock: int) -> None:
        raise RuntimeError("the stores could not be brought to this version")


def test_who_waits_for_stores_that_cannot_be_changed_never_sees_them(tmp_path: Path) -> None:
    stack = _Unmovable(Home(tmp_path / "home"), Ports(free_port(), free_port()))
    try:
        with pytest.raises(RuntimeError, match="to this version"):
            stack.start()

        alive = {
            child.name: child.process is not None and child.process.poll() is None for child in stack.children
        }
        assert alive == {
            "clickhouse": True,
            "web": False,
            "collector": False,
            "worker": False,
            "practice-mail": False,
        }
    finally:
        stack.stop()
