"""The sources of the rooms below, and of this one: lists, consent, holds, stage, score, audiences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.audiences.sources import Present, Refs, Shape, Source, register
from tabiji.core import postgres


def _lists(person_ids: Sequence[UUID], now: datetime) -> Iterable[Present]:
    rows = postgres.rows(
        "SELECT person_id, list_id::text, '1', 1.0 FROM list_member WHERE person_id = ANY(%s)",
        [list(person_ids)],
    )
    return [Present(*row) for row in rows]


def _list_names(refs: Collection[str]) -> Mapping[str, str]:
    return dict(
        postgres.rows("SELECT id::text, name FROM static_list WHERE id::text = ANY(%s)", [list(refs)])
    )


def _consent(person_ids: Sequence[UUID], now: datetime) -> Iterable[Present]:
    rows = postgres.rows(
        "SELECT person_id, channel || '/' || topic, state, 0.0 FROM consent WHERE person_id = ANY(%s)",
        [list(person_ids)],
    )
    return [Present(*row) for row in rows]


def _consent_names(refs: Collection[str]) -> Mapping[str, str]:
    return {ref: _consent_name(*ref.split("/", 1)) for ref in refs if "/" in ref}


def _consent_name(channel: str, topic: str) -> str:
    name = str(_CHANNELS.get(channel, channel))
    return name if topic == "marketing" else _("%(channel)s, %(topic)s") % {"channel": name, "topic": topic}


def _holds(person_ids: Sequence[UUID], now: datetime) -> Iterable[Present]:
    rows = postgres.rows(
        "SELECT person_id, source, 'held', 0.0 FROM hold"
        " WHERE person_id = ANY(%s) AND released_at IS NULL AND (until IS NULL OR until > %s)",
        [list(person_ids), now],
    )
    return [Present(*row) for row in rows]


def _audiences(person_ids: Sequence[UUID], now: datetime) -> Iterable[Present]:
    rows = postgres.rows(
        "SELECT person_id, audience_id::text, '1', 1.0 FROM audience_member"
        " WHERE person_id = ANY(%s) AND left_at IS NULL",
        [list(person_ids)],
    )
    return [Present(*row) for row in rows]


def _audience_names(refs: Collection[str]) -> Mapping[str, str]:
    return dict(
        postgres.rows(
            "SELECT id::text, name FROM definition WHERE kind = 'audience' AND id::text = ANY(%s)",
            [list(refs)],
        )
    )


def _in_the_row(person_ids: Sequence[UUID], now: datetime) -> Iterable[Present]:
    """Stage and main score stand in the person's own row, which is asked anyway."""
    return []


def _consent_words() -> Mapping[str, str]:
    return {"granted": _("given"), "withdrawn": _("withdrawn")}


_CHANNELS = {"mail": gettext_lazy("Mail"), "phone": gettext_lazy("Phone"), "line": "LINE", "sms": "SMS"}

register(Source("list", gettext_lazy("Static list"), Shape.MEMBERSHIP, Refs.ONE, _lists, _list_names))
register(
    Source("audience", gettext_lazy("Audience"), Shape.MEMBERSHIP, Refs.ONE, _audiences, _audience_names)
)
register(
    Source("consent", gettext_lazy("Consent"), Shape.WORD, Refs.ONE, _consent, _consent_names, _consent_words)
)
register(Source("hold", gettext_lazy("those to whom selling is stopped"), Shape.MEMBERSHIP, Refs.ANY, _holds))
register(Source("stage", gettext_lazy("Stage"), Shape.WORD, Refs.FIXED, _in_the_row, column="stage"))
register(
    Source(
        "score",
        gettext_lazy("Score"),
        Shape.NUMBER,
        Refs.FIXED,
        _in_the_row,
        fixed_ref="main",
        column="score",
    )
)
