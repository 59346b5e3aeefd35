"""What people, machines and colleagues do in the plan: one frozen act each, at its moment.

A person is named by its number in the cast, a visitor by the id of its browser. Pure: `playing` knows how
each act is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

NOBODY: Final = 0
Seller = Literal["haru", "makoto"]


@dataclass(frozen=True, slots=True)
class Page:
    """path: on the company's site; title: Japanese and English."""

    path: str
    title: tuple[str, str]


PAGES: Final[dict[str, Page]] = {
    "top": Page("/", ("トップ", "Home")),
    "omakase": Page("/omakase/", ("おまかせ", "Omakase")),
    "cases": Page("/cases/", ("事例", "Cases")),
    "compare": Page("/compare/", ("比較", "Compare")),
    "pricing": Page("/pricing/", ("料金", "Pricing")),
    "market": Page("/market/", ("マーケット", "Market")),
    "company": Page("/company/", ("会社概要", "Company")),
    "landing": Page("/p/tanomoa/jireishu", ("事例集", "Case book")),
}


@dataclass(frozen=True, slots=True)
class Visited:
    """Pages viewed one after the other. person: signed in on the site; visitor: else the browser.

    form: how far the form on the landing page was looked at, the last of the pages being that page.
    """

    at: datetime
    pages: tuple[str, ...]
    visitor: str = ""
    person: int = NOBODY
    referrer: str = ""
    seconds: int = 75
    form: Literal["", "viewed", "started"] = ""
    is_machine: bool = False


@dataclass(frozen=True, slots=True)
class Did:
    """Acts of one session of a member on the platform, told by its server."""

    at: datetime
    person: int
    names: tuple[str, ...]
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Registered:
    """会員登録, told by the platform's server; visitor: the browser on which it happened."""

    at: datetime
    person: int
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class Contacted:
    """Somebody became known, or spoke, outside the site: an inquiry, a seminar, a talk on LINE …"""

    at: datetime
    person: int
    name: str
    channel: Literal["", "phone", "line", "seminar", "mail"] = ""


@dataclass(frozen=True, slots=True)
class Requested:
    """資料請求 through the published form."""

    at: datetime
    person: int
    visitor: str


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime
    person: int
    mail: str


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click on the first content link. hits: so many at once by a machine, 0 for a person's click."""

    at: datetime
    person: int
    mail: str
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """One click in the mail program (RFC 8058)."""

    at: datetime
    person: int
    mail: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """The far side took the mail, and sends it back."""

    at: datetime
    person: int
    mail: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """受け取る."""

    at: datetime
    person: int
    by: Seller


@dataclass(frozen=True, slots=True)
class Returned:
    """差し戻す."""

    at: datetime
    person: int
    by: Seller
    reason: str
    note: str = ""
    restart_on: date | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A logged call; starts_at: the appointment that it booked; again_at: when to call again."""

    at: datetime
    person: int
    by: Seller
    result: str
    seconds: int
    note: str = ""
    starts_at: datetime | None = None
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment made without a call: by mail, or at the seminar."""

    at: datetime
    person: int
    by: Seller
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Met:
    """How the appointment ended."""

    at: datetime
    person: int
    by: Seller
    state: Literal["visited", "no_show"]


@dataclass(frozen=True, slots=True)
class DealOpened:
    at: datetime
    person: int
    by: Seller
    line: Literal["omakase", "market"]
    amount: int


@dataclass(frozen=True, slots=True)
class DealMoved:
    at: datetime
    person: int
    by: Seller
    phase: str


@dataclass(frozen=True, slots=True)
class DealEnded:
    """reason: of a lost one; empty: won."""

    at: datetime
    person: int
    by: Seller
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Managed:
    """Something that the marketer does with a definition: `playing` has a function of this name."""

    at: datetime
    what: Literal[
        "start_time_test",
        "drain_time_test",
        "thank_cards",
        "wake_members",
        "send_invitation",
    ]


Act = (
    Visited
    | Did
    | Registered
    | Contacted
    | Requested
    | Opened
    | Clicked
    | Unsubscribed
    | Bounced
    | Accepted
    | Returned
    | Called
    | Booked
    | Met
    | DealOpened
    | DealMoved
    | DealEnded
    | Managed
)
