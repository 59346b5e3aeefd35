"""What the room's tests are told with: blocks, people, a brand kit."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any
from uuid import UUID

from tabiji.content.public import brand
from tabiji.core import ids
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields, persons
from tabiji.workspaces.contracts import AUTOMATIC, Actor


def document(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "blocks": list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"kind": "text", "text": words}


def heading(words: str, level: int = 1) -> dict[str, Any]:
    return {"kind": "heading", "text": words, "level": level}


def button(label: str, url: str = "https://tanomoa.example/case") -> dict[str, Any]:
    return {"kind": "button", "label": label, "url": url}


def image(
    source: str = "https://tanomoa.example/a.png", alt: str = "工場の写真", url: str = ""
) -> dict[str, Any]:
    return {"kind": "image", "source": source, "alt": alt, "url": url}


def brand_kit(actor: Actor = AUTOMATIC) -> None:
    """A brand kit with everything that the law asks for."""
    brand.change(
        actor=actor,
        sender_name="おまかせ事業部",
        company="株式会社タノモア",
        address="東京都千代田区神田1-2-3",
        contact="omakase@tanomoa.example",
        policy_url="https://tanomoa.example/privacy",
    )


def person(now: datetime, **values: Any) -> UUID:
    """Somebody known since `now`, with these fields."""
    person_id = ids.stable_id(0, "test", os.urandom(8).hex())
    persons.create({person_id: now})
    values = {"email": f"{os.urandom(4).hex()}@aoba.example", **values}
    fields.write(
        [FieldUpdate(person_id, key, value, int(now.timestamp() * 1000)) for key, value in values.items()],
        actor="auto",
    )
    return person_id
