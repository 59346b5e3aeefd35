"""The brand kit of a workspace: who speaks in mails and on pages, and in which colours."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from typing import Any, Final

from tabiji.content import targets
from tabiji.content.contracts import Brand
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS: Final = ("main_colour", "deep_colour", "ground_colour")
_UNDER_WHITE: Final = ("main_colour", "deep_colour")
_READABLE: Final = 4.5
"""Contrast of text with its ground, WCAG 2.2 1.4.3; labels of buttons are white."""
_URLS: Final = ("policy_url", "logo_url")
_MOST: Final = 200


class BadBrand(ValueError):
    """A value that the brand kit cannot hold: (field, what was wrong)."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def get() -> Brand:
    """The brand kit of the open scope; the workspace's name stands in for what is not set."""
    info = workspace.current()
    stored = info.settings.get("brand", {})
    known = {field.name for field in fields(Brand)}
    brand = Brand(**{name: value for name, value in stored.items() if name in known})
    return replace(
        brand,
        sender_name=brand.sender_name or info.name,
        company=brand.company or info.name,
        logo_text=brand.logo_text or info.name,
    )


def change(*, actor: Actor, **values: str) -> Brand:
    """Set some of the brand kit; audited. Raises BadBrand, or KeyError for an unknown name."""
    unknown = set(values) - {field.name for field in fields(Brand)}
    if unknown:
        raise KeyError(f"a brand kit has no {', '.join(sorted(unknown))}")
    cleaned = {name: _clean(name, value) for name, value in values.items()}
    stored: dict[str, Any] = workspace.current().settings.get("brand", {})
    workspace.update_settings(brand={**stored, **cleaned})
    audit.record(actor, "change", "brand", values=cleaned)
    return get()


def to_json(brand: Brand) -> dict[str, str]:
    return asdict(brand)


def _clean(name: str, value: str) -> str:
    text = " ".join(value.split())
    if len(text) > _MOST:
        raise BadBrand(name, "too_long")
    if name in _COLOURS and not _COLOUR.fullmatch(text):
        raise BadBrand(name, "not_a_colour")
    if name in _UNDER_WHITE and _contrast_with_white(text) < _READABLE:
        raise BadBrand(name, "too_light")
    if name in _URLS and text and (targets.fault(text) or not targets.is_web(text)):
        raise BadBrand(name, "not_an_address")
    return text


def _contrast_with_white(colour: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
