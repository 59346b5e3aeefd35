"""What a refusal means: SMTP replies and delivery reports sorted into a closed set of kinds."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tabiji.messaging.channels.email import addresses


class Kind(StrEnum):
    """Why a mail was refused. Only `HARD` says that the address is dead for certain."""

    HARD = "hard"
    # docomo and au answer 550 to an address that does not exist and to one whose owner refuses our domain
    # (受信拒否設定). Policy: passing on the first hit, hard on the second; that is the caller's to count.
    UNKNOWN_USER_OR_REFUSED = "unknown_user_or_refused"
    FULL = "full"
    BLOCK = "block"  # we, or what we sent, are not wanted: reputation, policy, content, authentication
    TOO_LARGE = "too_large"
    SENDER = "sender"  # our envelope sender was refused; says nothing about the recipient
    GREYLISTED = "greylisted"
    RATE = "rate"
    SOFT = "soft"  # passing trouble without a better name
    OTHER = "other"  # a lasting refusal without a better name


class Stage(StrEnum):
    """What the far side answered to. `REPORT`: known from a delivery report, not from a conversation."""

    GREETING = "greeting"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: `text` has the lines joined by a space, without code and enhanced code."""

    code: int
    enhanced: str | None
    text: str


TEXT_MAX: Final = 500

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
_LEADING_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\s*", re.ASCII)

_TOO_LARGE_TEXT = re.compile(
    r"too (?:large|big|long)|(?:message|mail) size|size limit|maximum (?:allowed )?size|exceeds.{0,30}size",
    re.I,
)
_FULL_TEXT = re.compile(
    r"quota|mailbox.{0,20}full|\bfull\b|exceeded storage|storage (?:limit|allocation)|mail ?box (?:limit|exceeded)"
    r"|容量",
    re.I,
)
_GREY_TEXT = re.compile(r"gr[ea]y[ -]?list|try again (?:in \d|later).{0,40}(?:new|unknown|first)", re.I)
_RATE_TEXT = re.compile(
    r"\brate\b|too many (?:connections|messages|recipients|errors)|throttl|too (?:fast|much mail)|deferred due to"
    r"|unusual rate|exceeded.{0,20}(?:limit|connections)",
    re.I,
)
_BLOCK_TEXT = re.compile(
    r"block(?:ed|list)|black ?list|deny ?list|spam|\bpolicy\b|reputation|\brbl\b|dnsbl|spamhaus|unsolicited|virus"
    r"|not (?:authenticated|allowed|authori[sz]ed)|unauthenticated|\bspf\b|dkim|dmarc|relay|rcpthosts|banned|prohibited"
    r"|content (?:rejected|denied)|suspicious|迷惑",
    re.I,
)
_UNKNOWN_USER_TEXT = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|destination)s?\b.{0,40}"
    r"(?:unknown|not (?:found|exist|known|available|valid|listed)|does ?n[o']t exist|does not exist|invalid|disabled"
    r"|inactive|unavailable|no longer|suspended|deactivated|expired)"
    r"|(?:unknown|invalid|no such|nonexistent|non-existent|bad|inactive|disabled)\b.{0,20}"
    r"(?:user|recipient|mailbox|address|account|local)"
    r"|doesn't have an? .{0,40}account|no mailbox|not a (?:valid|known) (?:user|mailbox)|user doesn't exist"
    r"|recipient address rejected: access denied|宛先.{0,20}(?:不明|存在|見つか)|存在しない",
    re.I | re.S,
)
_DOMAIN_TEXT = re.compile(
    r"(?:host|domain).{0,20}(?:not found|unknown|doesn'?t exist|does not exist)|no mx", re.I
)
_WAIT_TEXT = re.compile(r"\b(\d{1,5})\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b", re.I)

_DEFAULT_WAIT_S: Final = {
    Kind.GREYLISTED: 300,
    Kind.RATE: 900,
    Kind.FULL: 4 * 3600,
    Kind.BLOCK: 3600,
}
_SOFT_WAIT_S: Final = 300
_LONGEST_WAIT_S: Final = 24 * 3600


def read_reply(code: int, lines: list[str]) -> Reply:
    """A reply from its code and the texts of its lines; enhanced codes (RFC 2034) are taken off the texts."""
    enhanced: str | None = None
    texts = []
    for line in lines:
        if found := _LEADING_ENHANCED.match(line):
            enhanced = enhanced or found.group(1)
            line = line[found.end() :]
        texts.append(line.strip())
    return Reply(code, enhanced, " ".join(filter(None, texts))[:TEXT_MAX])


def find_enhanced(text: str) -> str | None:
    """The first enhanced status code within a text, e.g. `5.1.1`."""
    found = _ENHANCED.search(text)
    return found.group(1) if found else None


def classify(*, code: int, enhanced: str | None, text: str, recipient: str, stage: Stage) -> Kind:
    """The kind of a 4xx or 5xx refusal. `recipient` is the address it was about (for carrier rules).

    The enhanced code (RFC 3463) decides where it is specific; else the text; else code and stage (RFC 5321).
    """
    subject = "" if enhanced is None else enhanced.partition(".")[2]
    carrier = addresses.is_carrier(addresses.domain_of(recipient))
    if _is_full(code, subject, text, carrier):
        return Kind.FULL
    if subject == "3.4" or (_TOO_LARGE_TEXT.search(text) and code in (452, 523, 552, 554)):
        return Kind.TOO_LARGE
    passing = code // 100 == 4 if code else (enhanced or "").startswith("4")
    if passing:
        return _passing_kind(subject, text)
    return _lasting_kind(code, subject, text, carrier, stage)


def retry_after_s(kind: Kind, text: str) -> int:
    """Seconds to wait before the next try: what the far side asked for, else a custom for the kind."""
    if found := _WAIT_TEXT.search(text):
        unit = {"s": 1, "m": 60, "h": 3600}[found.group(2)[0].lower()]
        return max(1, min(int(found.group(1)) * unit, _LONGEST_WAIT_S))
    return _DEFAULT_WAIT_S.get(kind, _SOFT_WAIT_S)


def _is_full(code: int, subject: str, text: str, carrier: bool) -> bool:
    if subject == "2.2":
        return True
    if carrier and code == 552:  # docomo says "552 Too much mail data" for a full mailbox
        return True
    if code not in (0, 422, 450, 451, 452, 550, 552, 554):
        return False
    return bool(_FULL_TEXT.search(text)) or (code == 552 and not text)


def _passing_kind(subject: str, text: str) -> Kind:
    if _GREY_TEXT.search(text):
        return Kind.GREYLISTED
    if subject in ("7.28", "4.5") or _RATE_TEXT.search(text):
        return Kind.RATE
    if subject.startswith("7.") and _BLOCK_TEXT.search(text):
        return Kind.BLOCK
    return Kind.SOFT


def _lasting_kind(code: int, subject: str, text: str, carrier: bool, stage: Stage) -> Kind:
    unknown_user = bool(_UNKNOWN_USER_TEXT.search(text) or _DOMAIN_TEXT.search(text))
    if stage is Stage.MAIL or subject in ("1.7", "1.8"):
        blocked = _BLOCK_TEXT.search(text) and not unknown_user
        return Kind.BLOCK if blocked else Kind.SENDER
    blocked = subject.startswith("7.") or bool(_BLOCK_TEXT.search(text))
    if carrier and code in (0, 550) and (unknown_user or not blocked):
        return Kind.UNKNOWN_USER_OR_REFUSED
    if subject in ("1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4") or unknown_user:
        return Kind.HARD
    if blocked or stage in (Stage.DATA, Stage.DOT) or code == 554:
        return Kind.BLOCK
    # RFC 7504: 521 and 556 say that the host or domain takes no mail at all.
    if code in (521, 550, 551, 553, 556) or (code in (501, 0) and subject.startswith("1.")):
        return Kind.HARD
    return Kind.OTHER
