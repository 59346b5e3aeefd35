"""Reference pages that are generated, and checked by a test: the REST contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tabiji.api.routes import api

DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"


def openapi() -> str:
    """The REST contract as it is now."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def write() -> list[str]:
    """Write every reference page; the files written."""
    DOCS.mkdir(parents=True, exist_ok=True)
    file = DOCS / "openapi.json"
    file.write_text(openapi(), encoding="utf-8")
    return [str(file)]
