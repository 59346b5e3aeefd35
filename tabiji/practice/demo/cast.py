"""The 6,000 people of the demo company: who they are, where they came from, what they allowed. Pure.

Numbers run through the groups in one fixed order, so that every person is the same each time. What
they do is told by the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal

from tabiji.practice.demo import content, days, names
from tabiji.practice.demo.chance import Chance

Source = Literal["member", "card", "request", "inquiry", "seminar"]
Role = Literal["client", "freelancer", "both", ""]
Consent = Literal["granted", "withdrawn", ""]

SOURCES: Final[dict[Source, tuple[str, str]]] = {
    "member": ("会員登録", "Sign-up"),
    "card": ("展示会名刺", "Exhibition card"),
    "request": ("資料請求", "Document request"),
    "inquiry": ("問い合わせ", "Inquiry"),
    "seminar": ("セミナー", "Seminar"),
}
ROLES: Final[dict[Role, tuple[str, str]]] = {
    "client": ("発注者", "Client"),
    "freelancer": ("ランサー", "Freelancer"),
    "both": ("両方", "Both"),
}
COMPETITOR: Final = "kyosou-works.example"
HALF_A_YEAR: Final = (date(2025, 10, 20), date(2025, 11, 10))
"""Around 180 days before the opening: nobody's last act falls in here."""
EXHIBITION: Final = datetime(2025, 11, 12, 10, 0, tzinfo=days.ZONE)


@dataclass(frozen=True, slots=True)
class Group:
    """People who have source, role and time in common. is_new: known only within the ninety days."""

    source: Source
    role: Role
    count: int
    is_new: bool = False


GROUPS: Final = (
    Group("member", "client", 1_510),
    Group("member", "freelancer", 1_460),
    Group("member", "both", 118),
    Group("member", "client", 300, is_new=True),
    Group("member", "freelancer", 490, is_new=True),
    Group("member", "both", 22, is_new=True),
    Group("request", "client", 284),
    Group("request", "", 150),
    Group("request", "client", 206, is_new=True),
    Group("inquiry", "client", 110),
    Group("inquiry", "", 166),
    Group("inquiry", "client", 40, is_new=True),
    Group("inquiry", "", 14, is_new=True),
    Group("seminar", "client", 170),
    Group("seminar", "", 104),
    Group("seminar", "client", 30, is_new=True),
    Group("seminar", "", 6, is_new=True),
    Group("card", "client", 730),
    Group("card", "", 90),
)


@dataclass(frozen=True, slots=True)
class Person:
    """number: from 1. budget: key of the choice, empty for none. known_at: when the company heard of them.

    consent: to marketing mail, as it stands at the founding (later ones: at `known_at`).
    """

    number: int
    source: Source
    role: Role
    is_new: bool
    known_at: datetime
    last_name: str
    first_name: str
    last_kana: str
    first_kana: str
    email: str
    phone: str
    company: str
    department: str
    title: str
    budget: str
    consent: Consent

    @property
    def user_id(self) -> str:
        """The member's number on the platform; empty for others."""
        return f"M{100_000 + self.number}" if self.source == "member" else ""

    @property
    def identifier(self) -> tuple[str, str]:
        """(kind, value) under which the product finds the person first."""
        if self.user_id:
            return "user", self.user_id
        return ("email", self.email) if self.email else ("phone", self.phone)

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"

    @property
    def has_one_million(self) -> bool:
        return self.budget in content.FROM_ONE_MILLION


@dataclass(frozen=True)
class Cast:
    """Everybody, by number, and the people with a story, by key."""

    people: tuple[Person, ...]
    story: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, number: int) -> Person:
        return self.people[number - 1]

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def __len__(self) -> int:
        return len(self.people)

    def of(
        self, source: Source | None = None, role: Role | None = None, *, is_new: bool | None = None
    ) -> list[Person]:
        """In order of number."""
        return [
            one
            for one in self.people
            if (source is None or one.source == source)
            and (role is None or one.role == role)
            and (is_new is None or one.is_new == is_new)
        ]

    @cached_property
    def told(self) -> frozenset[int]:
        """Those with a story: nobody else's part is given to them."""
        return frozenset(self.story.values())


def cast() -> Cast:
    people: list[Person] = []
    chance = Chance("cast")
    moments = days.Moments(days.BEGINNING, days.FOUNDING - timedelta(hours=3), chance)
    for group in GROUPS:
        for place in range(group.count):
            people.append(_person(len(people) + 1, group, place, chance, moments))
    story = _with_story(people)
    return Cast(tuple(people), story)


def _person(number: int, group: Group, place: int, chance: Chance, moments: days.Moments) -> Person:
    name = names.person(number)
    works = group.role != "freelancer"
    company = names.company(number * 7 % 1_200)
    address = f"{name.first_roman}.{name.last_roman}"
    known_at = _known_at(group, chance, moments)
    has_mail = not (group.source == "card" and group.role == "") and not _is_by_phone(group, place)
    return Person(
        number,
        group.source,
        group.role,
        group.is_new,
        known_at,
        name.last_name,
        name.first_name,
        name.last_kana,
        name.first_kana,
        f"{address}@{company.domain if works else chance.pick(_POSTS)}" if has_mail else "",
        names.mobile(number) if not has_mail or chance.happens(0.4) else "",
        company.name if works else "",
        chance.pick(_DEPARTMENTS) if works else "",
        chance.pick(_TITLES) if works else "",
        chance.pick(_BUDGETS) if group.source == "request" and not group.is_new else "",
        "granted" if group.role else "",
    )


def _is_by_phone(group: Group, place: int) -> bool:
    """Inquiries by telephone, of which nobody has noted an address."""
    return group.source == "inquiry" and group.role == "" and place % 3 == 0


def _known_at(group: Group, chance: Chance, moments: days.Moments) -> datetime:
    """Members of the former years were members before the history begins; new ones get theirs from the story."""
    if group.source == "card":
        return EXHIBITION
    if group.is_new:
        return days.PERIOD
    if group.source == "member" and chance.happens(0.55):
        first = datetime(2023, 1, 10, 12, 0, tzinfo=days.ZONE)
        return first + timedelta(seconds=chance.below((days.BEGINNING - first) // timedelta(seconds=1)))
    found = moments.draw("freelancer" if group.role == "freelancer" else "client")
    # Nobody's fate hangs on an hour: whoever was last heard of half a year before the opening is moved away.
    return found - timedelta(days=28) if HALF_A_YEAR[0] <= found.date() <= HALF_A_YEAR[1] else found


def _with_story(people: list[Person]) -> dict[str, int]:
    """Give the people with a story their names; by key, who they are."""
    found: dict[str, int] = {}
    for key, source, role, is_new, values in _STORY:
        number = next(
            one.number
            for one in people
            if (one.source, one.role, one.is_new) == (source, role, is_new)
            and one.number not in found.values()
            and (bool(one.email) or "email" not in values or values["email"] == "")
            and not (key == "suzuki" and one.email)
        )
        found[key] = number
        people[number - 1] = replace(people[number - 1], **values)
    return found


_POSTS: Final = ("mail.example", "post.example", "letter.example", "tegami.example")
_DEPARTMENTS: Final = (
    "業務改善室",
    "情報システム部",
    "総務部",
    "営業企画部",
    "経営企画室",
    "製造部",
    "購買部",
    "",
)
_TITLES: Final = ("主任", "係長", "課長", "部長", "代表取締役", "担当", "", "マネージャー")
_BUDGETS: Final = (
    "under_100",
    "100_300",
    "100_300",
    "100_300",
    "300_500",
    "over_500",
    "undecided",
    "undecided",
)
_Values = dict[str, Any]
_STORY: Final[tuple[tuple[str, Source, Role, bool, _Values], ...]] = (
    (
        "takahashi_member",
        "member",
        "client",
        False,
        {
            "last_name": "高橋",
            "first_name": "一郎",
            "last_kana": "タカハシ",
            "first_kana": "イチロウ",
            "email": "i.takahashi@post.example",
            "company": "株式会社しらさぎ金属",
        },
    ),
    (
        "takahashi_card",
        "card",
        "client",
        False,
        {
            "last_name": "髙橋",
            "first_name": "一郎",
            "last_kana": "",
            "first_kana": "",
            "email": "ichiro@shirasagi-metal.example",
            "company": "㈱しらさぎ金属",
            "department": "資材部",
            "title": "課長",
        },
    ),
    (
        "watanabe",
        "request",
        "client",
        True,
        {
            "last_name": "渡辺",
            "first_name": "由美",
            "last_kana": "ワタナベ",
            "first_kana": "ユミ",
            "email": "yumi.watanabe@kaede-press.example",
            "company": "株式会社かえで出版",
        },
    ),
    (
        "tanaka",
        "request",
        "client",
        True,
        {
            "last_name": "田中",
            "first_name": "実",
            "last_kana": "タナカ",
            "first_kana": "ミノル",
            "email": "minoru.tanaka@hotaru-farm.example",
            "company": "有限会社ほたる農園",
        },
    ),
    (
        "yamamoto",
        "request",
        "client",
        True,
        {
            "last_name": "山本",
            "first_name": "恵子",
            "last_kana": "ヤマモト",
            "first_kana": "ケイコ",
            "email": "keiko.yamamoto@nagisa-trading.example",
            "company": "株式会社なぎさ商事",
            "department": "経営企画室",
            "title": "課長",
        },
    ),
    (
        "ito",
        "inquiry",
        "client",
        False,
        {
            "last_name": "伊藤",
            "first_name": "健",
            "last_kana": "イトウ",
            "first_kana": "ケン",
            "email": f"ken.ito@{COMPETITOR}",
            "company": "株式会社競創ワークス",
        },
    ),
    (
        "suzuki",
        "inquiry",
        "",
        False,
        {
            "last_name": "鈴木",
            "first_name": "翔太",
            "last_kana": "スズキ",
            "first_kana": "ショウタ",
            "email": "",
            "company": "鈴木金物店",
            "department": "",
            "title": "店主",
            "known_at": datetime(2025, 11, 20, 11, 10, tzinfo=days.ZONE),
        },
    ),
    (
        "kato",
        "member",
        "client",
        False,
        {
            "last_name": "加藤",
            "first_name": "修",
            "last_kana": "カトウ",
            "first_kana": "オサム",
            "email": "osamu.kato@yunagi-foods.example",
            "company": "ゆうなぎ食品株式会社",
            "department": "製造部",
            "title": "部長",
            "known_at": datetime(2025, 5, 14, 12, 20, tzinfo=days.ZONE),
        },
    ),
    (
        "sasaki",
        "member",
        "both",
        False,
        {
            "last_name": "佐々木",
            "first_name": "玲",
            "last_kana": "ササキ",
            "first_kana": "レイ",
            "email": "rei.sasaki@post.example",
            "company": "ささき企画",
            "department": "",
            "title": "代表",
            "known_at": datetime(2025, 6, 3, 22, 5, tzinfo=days.ZONE),
        },
    ),
)
