"""みなと看護ナビ: another company on the same installation. Ren works there, and sees nothing of Tanomoa."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tabiji.core import postgres
from tabiji.events.public import inlet
from tabiji.practice.demo import days, staff
from tabiji.practice.demo.content import Language
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import Role, keys, members, workspace

SLUG: Final = "minato"
_PEOPLE: Final = (
    ("大西", "楓", "オオニシ", "カエデ"),
    ("平田", "千夏", "ヒラタ", "チナツ"),
    ("久保", "真央", "クボ", "マオ"),
    ("野口", "梓", "ノグチ", "アズサ"),
    ("菊地", "恵美", "キクチ", "エミ"),
    ("岩崎", "萌", "イワサキ", "モエ"),
)


def make(language: Language, *, password: str) -> int:
    """The workspace's id. A few nurses who look for work, and nothing else."""
    made = workspace.create(
        SLUG,
        name={"ja": "みなと看護ナビ", "en": "Minato Nursing Navi"}[language],
        language=language,
        is_practice=True,
        clock_offset=days.OPENING - datetime.now(UTC),
        shards=1,
    )
    with postgres.workspace_scope(made.id):
        members.join(
            members.create_user(staff.REN, name="岡田 連", password=password, language=language),
            Role.MARKETER,
        )
        keys.create_write_key("minato", actor=AUTOMATIC, public="wk_minato_practice")
        inlet.accept([_person(place) for place in range(len(_PEOPLE))], source="import", is_history=True)
    return made.id


def _person(place: int) -> dict[str, object]:
    last, first, last_kana, first_kana = _PEOPLE[place]
    return {
        "type": "identify",
        "userId": f"N{1_000 + place}",
        "messageId": f"minato-{place}",
        "timestamp": days.at(days.OPENING.date().replace(day=1 + place * 3), 20, 10).isoformat(),
        "traits": {
            "email": f"nurse{place + 1}@minato-kango.example",
            "last_name": last,
            "first_name": first,
            "last_kana": last_kana,
            "first_kana": first_kana,
        },
    }
