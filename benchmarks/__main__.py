"""`python -m benchmarks NAME` measures one figure; without a name all of them, each in a process of its own."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

_TOOLS = {"__main__", "harness", "limits", "people_and_events", "refreshed_house"}


def main(words: list[str]) -> int:
    names = sorted({module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])} - _TOOLS)
    if not words:
        codes = {
            name: subprocess.run([sys.executable, "-m", "benchmarks", name]).returncode for name in names
        }
        return int(any(codes.values()))
    if len(words) != 1 or words[0] not in names:
        print(f"which figure? {', '.join(names)}")
        return 2
    importlib.import_module(f"benchmarks.{words[0]}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
