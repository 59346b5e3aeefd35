"""Who works at the demo company, and how a newcomer gets in: plain words, read before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLUG: Final = "tanomoa"
PASSWORD: Final = "renshu-no-tabi"  # noqa: S105 (of everybody in the demo, and printed)
LEFT: Final = "ono"
"""Has left, and is still responsible for a running journey."""
REN: Final = "ren@minato-kango.example"
"""Works in the other workspace."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """role: value of workspaces' Role. part: what they do, in Japanese and English."""

    key: str
    email: str
    name: str
    role: str
    part: tuple[str, str]


STAFF: Final = (
    Colleague("aoi", "aoi@tanomoa.example", "高橋 葵", "marketer", ("マーケター", "marketer")),
    Colleague("haru", "haru@tanomoa.example", "小林 陽", "sales", ("営業", "sales")),
    Colleague(
        "makoto", "makoto@tanomoa.example", "森 真琴", "sales_manager", ("営業責任者", "sales manager")
    ),
    Colleague("nagi", "nagi@tanomoa.example", "中村 凪", "analyst", ("分析", "analyst")),
    Colleague("megumi", "megumi@tanomoa.example", "石田 恵", "admin", ("管理者", "admin")),
    Colleague("ono", "ono@tanomoa.example", "大野 拓", "marketer", ("退職", "has left")),
)
_TRY: Final = (
    (
        "お客さんになってみる:サイトを5ページ見て、資料を請求する",
        "Be a customer: read five pages of the site, then ask for the case book",
        "{url}/site/tanomoa/",
    ),
    (
        "届いたメールを読む(練習モードの受信箱)",
        "Read the mails that arrived (the practice inbox)",
        "{url}/w/tanomoa/practice/mail/",
    ),
    (
        "画面の上の帯で「次の営業日」を3回、それから「1時間」進める。10時に、シナリオが次の1通を送ります",
        "In the bar on top, go to the next business day three times, then one hour on:"
        " at ten the journey sends its next mail",
        "",
    ),
    (
        "営業(小林 陽)に切り替えて、引き渡しを受け取り、電話し、受注する",
        "Change to sales (小林 陽): accept the hand-over, call, win the deal",
        "",
    ),
    (
        "その契約が、どの施策のおかげかを見る",
        "See which initiative brought the contract",
        "{url}/w/tanomoa/initiatives/",
    ),
)


def welcome(url: str, language: str) -> list[str]:
    """What `make demo` prints, line by line: address, logins, what to try; both languages."""
    first = 1 if language == "en" else 0
    lines = [
        "",
        f"  {url}/w/{SLUG}/",
        "",
        "  練習モードの会社「株式会社タノモア」。そこでは今、2026年4月28日(火) 14:00 に始まります。",
        "  The demo company in practice mode: there it begins on Tue 2026-04-28, 14:00.",
        "",
        f"  ログイン / logins (パスワードは全員 / password of all: {PASSWORD})",
    ]
    lines += [
        f"    {one.email:26} {one.name}  {one.part[first]} / {one.part[1 - first]}"
        for one in STAFF
        if one.key != LEFT
    ]
    lines.append(f"    {REN:26} 岡田 連  別の会社 / another workspace, which sees nothing of this one")
    lines += ["", "  やってみること / what to try"]
    for place, (japanese, english, at) in enumerate(_TRY, 1):
        words = (english, japanese) if first else (japanese, english)
        lines += [f"   {place}. {words[0]}", f"      {words[1]}"]
        if at:
            lines.append(f"      {at.format(url=url)}")
    return [*lines, ""]
