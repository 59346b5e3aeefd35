"""python -m tabiji.runtime.clickhouse --path DIR --port N --secret-file FILE

Owns DIR and serves ClickHouse's HTTP interface on 127.0.0.1 until SIGTERM. Port 0 takes a free one; the
port is printed, and written to --ready-file once the server answers.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from tabiji.runtime.clickhouse.configuration import MIB
from tabiji.runtime.clickhouse.folder import CannotOpen
from tabiji.runtime.clickhouse.owner import own


def main() -> None:
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    try:
        own(
            arguments.path,
            port=arguments.port,
            secret=arguments.secret_file.read_text().strip(),
            database=arguments.database,
            screens=arguments.screens,
            memory=arguments.memory_mib * MIB if arguments.memory_mib else None,
            ready_file=arguments.ready_file,
        )
    except (CannotOpen, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tabiji.runtime.clickhouse")
    parser.add_argument("--path", type=Path, required=True, help="the folder of the data")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--secret-file", type=Path, required=True, help="holds the password of every request")
    parser.add_argument("--ready-file", type=Path, help="gets the port once the server answers")
    parser.add_argument(
        "--database", default="tabiji", help="made if missing; screens read only what begins so"
    )
    parser.add_argument("--screens", type=int, default=4, help="queries of screens at once")
    parser.add_argument("--memory-mib", type=int, default=0, help="0: a quarter of the machine, at most 4096")
    return parser.parse_args()


if __name__ == "__main__":
    main()
