"""Japanese names, companies, addresses and phone numbers: keys for matching, forms for searching.

NFKC is for keys only (it would turn ① into 1 on screen); hyphens and variant kanji are folded by
our own tables because NFKC leaves them. Sources: Unicode UAX #15; NTA's list of company kinds.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import jaconv
import phonenumbers

_HYPHENS: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−ー－ｰ", "-"))
_VARIANTS: Final = str.maketrans("髙﨑濵邊邉齋齊斎澤眞廣櫻嶋冨桒", "高崎浜辺辺斉斉斉沢真広桜島富桑")
_KINDS: Final = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人"
    r"|医療法人社団|医療法人|社会福祉法人|学校法人|特定非営利活動法人|\(株\)|\(有\)|\(同\)"
    r"|\b(?:inc|ltd|llc|corp|co)\b\.?",
    re.IGNORECASE,
)
_NOT_KEY: Final = re.compile(r"[\s・.,、。/'\"-]+")
_PHONE_NOISE: Final = re.compile(r"[^\d+]")

FREE_DOMAINS: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.co.jp",
        "yahoo.com",
        "ymail.ne.jp",
        "icloud.com",
        "me.com",
        "mac.com",
        "outlook.com",
        "outlook.jp",
        "hotmail.com",
        "hotmail.co.jp",
        "live.jp",
        "live.com",
        "msn.com",
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "ymobile.ne.jp",
        "rakuten.jp",
        "ocn.ne.jp",
        "nifty.com",
        "biglobe.ne.jp",
        "so-net.ne.jp",
        "excite.co.jp",
        "infoseek.jp",
        "aol.com",
        "proton.me",
    ]
)


def email_key(address: str) -> str:
    """The form under which an address identifies a person; empty for what is no address."""
    text = unicodedata.normalize("NFKC", address).strip().lower()
    local, at, domain = text.rpartition("@")
    if not at or not local or "." not in domain or any(c.isspace() or ord(c) < 32 for c in text):
        return ""
    return text if len(text) <= 254 else ""


def email_domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


@lru_cache(maxsize=65_536)
def phone_key(number: str, region: str = "JP") -> str:
    """E.164, or empty for what is no possible number. Full-width digits and U+2212 are read."""
    text = unicodedata.normalize("NFKC", number).translate(_HYPHENS)
    if not _PHONE_NOISE.sub("", text):
        return ""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def is_mobile(number: str) -> bool:
    """Only a mobile number points to one person; a switchboard does not."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, "JP"))
    except phonenumbers.NumberParseException:
        return False
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def phone_on_screen(number: str) -> str:
    """The number as people write it: 03-1234-5678."""
    try:
        parsed = phonenumbers.parse(number, "JP")
    except phonenumbers.NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat
    domestic = parsed.country_code == 81
    return phonenumbers.format_number(parsed, style.NATIONAL if domestic else style.INTERNATIONAL)


@lru_cache(maxsize=65_536)
def company_key(name: str) -> str:
    """㈱山田商事, 山田商事㈱ and 株式会社 山田商事 share one key. A hint for merging, not an identity."""
    text = unicodedata.normalize("NFKC", name).lower().translate(_HYPHENS)
    bare = _NOT_KEY.sub("", _KINDS.sub(" ", text)).translate(_VARIANTS)
    return (bare or _NOT_KEY.sub("", text))[:200]


def person_name_key(last_name: str, first_name: str) -> str:
    return search_form(last_name + first_name)


@lru_cache(maxsize=65_536)
def search_form(text: str) -> str:
    """What searching compares: width, case, kana and variant kanji folded, spaces and hyphens gone."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_HYPHENS).translate(_VARIANTS)
    return _NOT_KEY.sub("", jaconv.hira2kata(folded))


def search_grams(forms: list[str]) -> list[str]:
    """The pairs of neighbouring characters under which a person is found."""
    return sorted({form[i : i + 2] for form in forms for i in range(len(form) - 1)})
