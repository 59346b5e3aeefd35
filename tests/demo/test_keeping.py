"""The played demo is kept, put in place whole, and never started half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tabiji.runtime import demo
from tabiji.runtime.demo import NotTheDemo, Wanted
from tabiji.runtime.home import Home
from tests.acceptance.processes import wait_until

WANTED = Wanted("ja", "http://127.0.0.1:8142", "http://127.0.0.1:8143")
FAR = Path("/proc")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def kept(home: Home) -> Path:
    """Something like a played demo, of this home's secrets."""
    found = home.path / "cache" / "demo" / WANTED.fingerprint
    for store in ("postgres", "clickhouse"):
        (found / store).mkdir(parents=True)
        (found / store / "rows").write_text("as at the opening")
    (found / "secrets.json").write_text(_secrets(home))
    return found


def test_what_is_kept_is_put_in_place_without_playing(home: Home, kept: Path) -> None:
    said: list[str] = []

    demo.put_in_place(home, WANTED, say=said.append)

    assert (home.postgres / "rows").read_text() == "as at the opening"
    assert said == []


def test_a_demo_that_stands_is_left_as_its_user_left_it(home: Home, kept: Path) -> None:
    demo.stand(home, WANTED, say=print)
    (home.postgres / "rows").write_text("after a day's work")

    demo.stand(home, WANTED, say=print)
    assert (home.postgres / "rows").read_text() == "after a day's work"

    demo.put_in_place(home, WANTED, say=print)
    assert (home.postgres / "rows").read_text() == "as at the opening"


def test_what_was_put_in_place_half_is_refused_by_a_plain_start_and_mended_by_the_next(
    home: Home, kept: Path
) -> None:
    said: list[str] = []
    demo.stand(home, WANTED, say=said.append)
    stamp = home.path / "demo.json"
    stamp.write_text(stamp.read_text().replace("true", "false"))

    with pytest.raises(NotTheDemo, match="make demo"):
        demo.refuse_half(home)
    demo.stand(home, WANTED, say=said.append)

    assert said == ["The last run ended while the demo company was put in place: beginning again."]
    demo.refuse_half(home)


def test_an_installation_of_ones_own_is_never_replaced(home: Home, kept: Path) -> None:
    (home.postgres / "data").mkdir(parents=True)

    with pytest.raises(NotTheDemo, match="TABIJI_HOME"):
        demo.put_in_place(home, WANTED, say=print)

    assert (home.postgres / "data").exists()


def test_another_language_or_address_is_another_demo() -> None:
    others = {
        Wanted("en", WANTED.public_url, WANTED.collector_url).fingerprint,
        Wanted("ja", "http://127.0.0.1:9000", WANTED.collector_url).fingerprint,
        WANTED.fingerprint,
    }

    assert len(others) == 3


@pytest.mark.stack
@pytest.mark.xdist_group("demo")
@pytest.mark.timeout(600)
def test_a_death_in_the_middle_leaves_nothing_half_and_the_next_run_says_so(home: Home) -> None:
    with running(home) as first:
        heard(first, "founded")
        player = child_of(first.pid)
        first.kill()
        first.wait()
        wait_until(lambda: not (FAR / str(player)).exists(), 60)
    assert list((home.path / "cache" / "demo").glob("*.unfinished"))
    assert not home.postgres.exists()

    with running(home) as second:
        heard(second, "beginning again")
        heard(second, "founded")
        second.terminate()
        second.wait(90)

    assert list((home.path / "cache" / "demo").glob("*.unfinished")) == []
    assert not home.postgres.exists()


@contextmanager
def running(home: Home) -> Iterator[subprocess.Popen[str]]:
    """`tabiji demo` on this home."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tabiji", "demo", "--port", "8142", "--collector-port", "8143"],
        env={**environment, "TABIJI_HOME": str(home.path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(90)
        assert process.stdout is not None
        process.stdout.close()


def heard(process: subprocess.Popen[str], words: str) -> None:
    """Read on until these words were said."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it ended without saying {words!r}")


def child_of(pid: int) -> int:
    (found,) = (FAR / str(pid) / "task" / str(pid) / "children").read_text().split()
    return int(found)


def _secrets(home: Home) -> str:
    """As the home has them (made now if need be)."""
    assert home.secrets
    return (home.path / "secrets.json").read_text()
