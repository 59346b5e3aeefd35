"""The state folder: who was loaded while the stores change their shape waits for them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tabiji.runtime.home import Home


def test_nobody_waits_for_stores_that_nobody_changes(tmp_path: Path) -> None:
    Home(tmp_path / "new").wait_for_stores()
    with Home(tmp_path).changing_stores():
        pass
    Home(tmp_path).wait_for_stores()

    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("ends_well", [True, False])
def test_who_needs_the_stores_waits_until_they_are_changed(tmp_path: Path, ends_well: bool) -> None:
    went_on: list[float] = []

    def work() -> None:
        Home(tmp_path).wait_for_stores()
        went_on.append(time.monotonic())

    waiting = [threading.Thread(target=work) for _ in range(3)]
    try:
        with Home(tmp_path).changing_stores():
            for thread in waiting:
                thread.start()
            time.sleep(0.2)
            assert went_on == []
            done = time.monotonic()
            if not ends_well:
                raise InterruptedError
    except InterruptedError:
        pass
    for thread in waiting:
        thread.join(10)

    assert len(went_on) == 3 and min(went_on) >= done
