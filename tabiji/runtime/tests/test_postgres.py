"""The embedded server starts again after whatever ended it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import psycopg

from tabiji.runtime.postgres import EmbeddedPostgres


def test_it_waits_for_a_session_that_outlives_the_killed_server(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    server = EmbeddedPostgres(tmp_path / "postgres", "test")
    server.prepare()
    server.start()
    session = psycopg.connect(server.url("postgres"), autocommit=True)
    backend = session.info.backend_pid
    os.kill(backend, signal.SIGSTOP)  # it does not see that its server is gone
    try:
        server.kill()
        goes_on = threading.Timer(1.5, os.kill, (backend, signal.SIGCONT))
        goes_on.start()

        server.start()

        assert "pre-existing shared memory block" in server.log.read_text()
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        goes_on.join()
        session.close()
        server.stop()
