"""Installing: one command on an empty folder, by anybody, once; engines of one's own; the first sign-in."""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from tabiji.core.clickhouse import ClickHouse
from tabiji.runtime.postgres import free_port
from tests.acceptance.processes import ROOT, House, post, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("installation")]


class Up:
    """`tabiji up` on a folder, as a newcomer starts it."""

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        python: str = sys.executable,
    ) -> None:
        self.home, self.web, self.collector = home, free_port(), free_port()
        self.out = home / "said.txt"
        self.command = [*prefix, python, "-m", "tabiji", "up"]
        self.command += ["--port", str(self.web), "--collector-port", str(self.collector)]
        self.environment = {**os.environ, "TABIJI_HOME": str(home), **(environment or {})}

    def start(self) -> subprocess.Popen[bytes]:
        with self.out.open("wb") as out:
            return subprocess.Popen(
                self.command, env=self.environment, stdout=out, stderr=out, cwd=ROOT, start_new_session=True
            )

    def said(self) -> str:
        return self.out.read_text()


@contextlib.contextmanager
def running(up: Up, timeout_s: float = 120) -> Iterator[Up]:
    process = up.start()
    try:
        wait_until(lambda: "Stop it with" in up.said() or process.poll() is not None, timeout_s=timeout_s)
        assert process.poll() is None, up.said()
        yield up
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert process.returncode == 0, up.said()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that any user may enter (those of pytest are closed)."""
    path = Path(tempfile.mkdtemp(prefix="tabiji-up-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def begin(up: Up, **changed: str) -> tuple[int, str, str]:
    """Fill in the page that `tabiji up` named; status, address and text of what comes."""
    found = re.search(r"make your workspace: (\S+)", up.said())
    assert found, up.said()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(found[1]).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    said = {
        "csrfmiddlewaretoken": token[1],
        "company": "株式会社はじめ",
        "slug": "hajime",
        "zone": "Asia/Tokyo",
        "language": "ja",
        "name": "山田 花",
        "email": "hana@hajime.example",
        "password": "nagai-aikotoba-7",
        **changed,
    }
    try:
        answer = browser.open(urllib.request.Request(found[1], urllib.parse.urlencode(said).encode()))
    except urllib.error.HTTPError as error:
        return error.code, error.url, error.read().decode()
    return answer.status, answer.url, answer.read().decode()


def test_one_command_on_an_empty_folder_then_the_first_workspace_and_no_second_stack() -> None:
    with folder() as home, running(Up(home)) as up:
        of_another_installation = f"http://127.0.0.1:{up.web}/begin/CAEBAAAAAAAAAAAAAAAAAAAAAAA/"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(of_another_installation)

        status, _, text = begin(up, password="hana", zone="Asia/Osaka", slug="Ha Jime")
        assert status == 422
        assert text.count("field-error") >= 3

        status, address, text = begin(up)
        assert (status, urllib.parse.urlsplit(address).path) == (200, "/w/hajime/")
        assert "山田 花" in text

        found = re.search(r"make your workspace: (\S+)", up.said())
        assert found
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(found[1])

        second = subprocess.run(
            [sys.executable, "-m", "tabiji", "up", "--port", str(free_port())],
            env=up.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 1
        assert "already running" in second.stderr
        assert "TABIJI_HOME" in second.stderr

        doctor = subprocess.run(
            [sys.executable, "-m", "tabiji", "doctor"],
            env=up.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "BAD" not in doctor.stdout, doctor.stdout + doctor.stderr
        assert doctor.returncode == 0


def test_an_ordinary_user_runs_it_too() -> None:
    if os.geteuid() != 0:
        return  # the first test of this file has just proven it
    nobody = pwd.getpwnam("nobody")
    prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    with folder() as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        environment = {
            "HOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
        }
        with running(Up(home, environment, prefix, _python_for(prefix, environment))) as up:
            owners = {path.stat().st_uid for path in home.rglob("*") if path.name != "said.txt"}

            assert begin(up)[0] == 200
            assert owners == {nobody.pw_uid}


def _python_for(prefix: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """A Python that this user may run: ours, or Debian's where ours lies in a closed folder."""
    for python in (sys.executable, "/usr/bin/python3.11", "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            child = f"subprocess.run([{python!r}, '-c', 'import django, psycopg, tabiji'], check=True)"
            asked = [*prefix, python, "-c", f"import subprocess; {child}"]
            if subprocess.run(asked, env={**os.environ, **environment}, check=False, cwd="/").returncode == 0:
                return python
    raise AssertionError("an ordinary user can run neither this Python nor Debian's python3.11")


def test_engines_of_ones_own_by_their_addresses(tmp_path: Path) -> None:
    house = House(tmp_path / "engines")
    house.start_engines()
    try:
        urls = {"DATABASE_URL": house.postgres.url(), "CLICKHOUSE_URL": house.clickhouse.url}
        with folder() as home, running(Up(home, urls)) as up:
            assert begin(up)[0] == 200
            assert not (home / "postgres").exists()
            assert not (home / "clickhouse").exists()

            with psycopg.connect(house.postgres.url()) as connection:
                ((key,),) = connection.execute("SELECT public FROM api_key").fetchall()
            body = {"writeKey": key, "batch": [{"type": "track", "event": "came", "anonymousId": "a"}]}
            assert post(up.collector, "/v1/batch", body)[0] == 200

            with contextlib.closing(ClickHouse(house.clickhouse.url)) as store:
                wait_until(lambda: store.scalar("SELECT count() FROM event") == 1, timeout_s=60)
    finally:
        house.stop()
