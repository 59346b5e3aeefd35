"""What audiences may ask about sales: deals, hand-overs and appointments as they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.public import sources
from tabiji.core import postgres
from tabiji.sales import policy, words


def _deals(person_ids: Sequence[UUID], now: datetime) -> Iterable[sources.Present]:
    """The phase of an open deal, else `won` or `lost`; the number is the amount in yen."""
    rows = postgres.rows(
        "SELECT person_id, id::text, CASE outcome WHEN '' THEN phase ELSE outcome END, amount::float8"
        " FROM deal WHERE person_id = ANY(%s)",
        [list(person_ids)],
    )
    return [sources.Present(*row) for row in rows]


def _deal_names(refs: Collection[str]) -> Mapping[str, str]:
    return dict(postgres.rows("SELECT id::text, name FROM deal WHERE id::text = ANY(%s)", [list(refs)]))


def _deal_words() -> Mapping[str, str]:
    return dict(policy.current().phases) | {"won": str(_("Won")), "lost": str(_("Lost"))}


def _hand_overs(person_ids: Sequence[UUID], now: datetime) -> Iterable[sources.Present]:
    rows = postgres.rows(
        "SELECT person_id, id::text, state, 0.0::float8 FROM hand_over"
        " WHERE person_id = ANY(%s) AND state <> 'noticed'",
        [list(person_ids)],
    )
    return [sources.Present(*row) for row in rows]


def _appointments(person_ids: Sequence[UUID], now: datetime) -> Iterable[sources.Present]:
    """`booked` is ahead, `over` has no result yet; the number is when it begins, seconds since 1970."""
    rows = postgres.rows(
        "SELECT person_id, id::text, state, floor(extract(epoch FROM starts_at))::float8 FROM appointment"
        " WHERE person_id = ANY(%s)",
        [list(person_ids)],
    )
    return [sources.Present(*row) for row in rows]


sources.register(
    sources.Source("deal", _("Deal"), sources.Shape.WORD, sources.Refs.ANY, _deals, _deal_names, _deal_words)
)
sources.register(
    sources.Source(
        "hand_over",
        _("Hand-over"),
        sources.Shape.WORD,
        sources.Refs.ANY,
        _hand_overs,
        words=lambda: {key.value: str(label) for key, label in words.HAND_OVER_STATES.items()},
    )
)
sources.register(
    sources.Source(
        "appointment",
        _("Appointment"),
        sources.Shape.WORD,
        sources.Refs.ANY,
        _appointments,
        words=lambda: {key.value: str(label) for key, label in words.APPOINTMENT_STATES.items()},
    )
)
