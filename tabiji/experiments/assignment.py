"""Who gets which variant: a hash of salt, experiment and person, so that the answer never changes.

Nothing is stored and nobody is asked twice: the same person comes to the same arm each time, on any
machine, and two experiments divide people independently of each other.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from tabiji.core import postgres
from tabiji.workspaces.public import workspace

PRACTICE_SALT: Final = "practice"
"""Practice workspaces divide the same people in the same way each time that they are made."""
_SETTING: Final = "experiment_salt"
_LOCK: Final = 7_471
_POSSIBLE: Final = 1 << 64


class NothingToAssign(ValueError):
    """An experiment without a variant that anybody could get."""


def assign(key: str, person_ids: Iterable[UUID], weights: Mapping[str, int]) -> dict[UUID, str]:
    """The variant of each person, in the scope's workspace.

    key: names the experiment, for ever; weights: variant to its share, in an order that stays.
    Raises NothingToAssign.
    """
    return divide(salt(), key, person_ids, weights)


def divide(salt: str, key: str, person_ids: Iterable[UUID], weights: Mapping[str, int]) -> dict[UUID, str]:
    """`assign` with a stated salt: pure."""
    total = sum(weights.values())
    if total <= 0 or min(weights.values()) < 0:
        raise NothingToAssign(f"the experiment {key!r} has no variant with a share")
    bounds, reached = [], 0
    for variant, weight in weights.items():
        reached += weight
        bounds.append((reached * _POSSIBLE // total, variant))
    prefix = hashlib.blake2b(f"{salt}:{key}:".encode(), digest_size=8)
    return {person_id: _variant(prefix, person_id, bounds) for person_id in person_ids}


def salt() -> str:
    """The workspace's salt: fixed in practice, else random and made when first needed."""
    info = workspace.current()
    if info.is_practice:
        return PRACTICE_SALT
    if _SETTING not in info.settings:
        # One at a time: two first splits at once must not use two salts.
        postgres.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [_LOCK, info.id])
        info = workspace.current()
        if _SETTING not in info.settings:
            workspace.update_settings(**{_SETTING: secrets.token_hex(16)})
            info = workspace.current()
    return str(info.settings[_SETTING])


def _variant(prefix: hashlib.blake2b, person_id: UUID, bounds: list[tuple[int, str]]) -> str:
    hashed = prefix.copy()
    hashed.update(person_id.bytes)
    place = int.from_bytes(hashed.digest(), "big")
    for bound, variant in bounds:
        if place < bound:
            return variant
    return bounds[-1][1]
