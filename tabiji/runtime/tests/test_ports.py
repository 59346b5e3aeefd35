"""A port that is taken: told before anything is started."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tabiji.runtime.home import Home
from tabiji.runtime.postgres import free_port
from tabiji.runtime.supervisor import Ports, PortTaken, Stack


@pytest.mark.parametrize("option", ["--port", "--collector-port"])
def test_a_taken_port_is_named_with_the_option_that_changes_it(tmp_path: Path, option: str) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        ports = Ports(taken, free_port()) if option == "--port" else Ports(free_port(), taken)

        with pytest.raises(PortTaken, match=f"{taken}.*{option}$|{taken}.*{option}\\."):
            Stack(Home(tmp_path), ports).start()

    assert not (tmp_path / "postgres").exists()
