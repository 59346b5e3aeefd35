"""What delivery reports say in prose: forms of Japanese carriers, codes, the line that gives the reason."""

import re
from typing import Final

from tabiji.messaging.channels.email import replies
from tabiji.messaging.channels.email.replies import Kind

_READ_MAX: Final = 20_000

# au's reports are in English. Its "disabled" and "limited" accounts come back when the bill is paid, so they
# are treated like a refusal, not like a dead address.
_FORMS: Final = (
    (
        Kind.FULL,
        re.compile(
            r"account is temporarily over quota|as their mailbox is full|too much mail data"
            r"|メールボックス.{0,20}(?:一杯|いっぱい|満杯|容量)",
            re.I,
        ),
    ),
    (Kind.UNKNOWN_USER_OR_REFUSED, re.compile(r"account is (?:disabled|temporarily limited)", re.I)),
    (Kind.HARD, re.compile(r"remote domain does ?n[o']?t exist", re.I)),
    (Kind.SOFT, re.compile(r"message was not delivered within", re.I)),
    (
        None,  # a refusal whose kind the code in the text decides
        re.compile(
            r"rejected by a remote\s{1,4}mail server|did not receive this message|smtp relay error"
            r"|(?:宛先|あて先|メールアドレス).{0,30}(?:見つかりません|存在しません|存在しない|不明)"
            r"|配信できません|お届けできません|送信できません",
            re.I | re.S,
        ),
    ),
)
_NAMED_RECIPIENT = re.compile(
    r"(?:could not be delivered to|recipient|宛先|あて先|送信先)[^<\n:：]{0,20}[:：]\s{0,4}<?"
    r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~\"-]{1,66}@[A-Za-z0-9.-]{1,253})",
    re.I,
)
_LINE_WITH_RECIPIENT = re.compile(r"^\s{0,8}<([^<>@\s]{1,66}@[A-Za-z0-9.-]{1,253})>:?", re.M)
_SUBJECT = re.compile(
    r"mail system error|returned mail|undeliver|delivery (?:status|failure|has failed|notification|incomplete)"
    r"|mail delivery (?:failed|problem)|failure notice"
    r"|配信(?:不能|エラー|できません)|送信(?:エラー|できません)|不達|お届けできません",
    re.I,
)
_CODE = re.compile(r"(?<![\d.:])([45]\d\d)(?=[ -]#?\s?(?:[45]\.\d|[A-Za-z<(\"']))")
_MESSAGE_ID_LINE = re.compile(
    r"^[ \t>]{0,8}Message-ID:[ \t]{0,8}<([^<>@\s]{1,200}@[^<>@\s]{1,200})>", re.I | re.M
)
_REASON = re.compile(
    r"^.*(?:\b[45]\d\d\b|quota|\bfull\b|disabled|limited|rejected|unknown|not delivered|exist).*$",
    re.I | re.M,
)


def is_report_subject(subject: str) -> bool:
    """Whether a subject is one that mail servers give to their reports."""
    return bool(_SUBJECT.search(subject))


def find_failure(text: str) -> tuple[bool, Kind | None]:
    """Whether the text is a known report of failure, and the kind where its words alone decide it."""
    for kind, form in _FORMS:
        if form.search(text[:_READ_MAX]):
            return True, kind
    return False, None


def find_recipient(text: str) -> str | None:
    """The address that a known form names as the one that failed."""
    text = text[:_READ_MAX]
    found = _NAMED_RECIPIENT.search(text) or _LINE_WITH_RECIPIENT.search(text)
    return found.group(1) if found else None


def find_code(text: str) -> int | None:
    """The first SMTP code that refuses, e.g. 550."""
    found = _CODE.search(text[:_READ_MAX])
    return int(found.group(1)) if found else None


def find_message_id(text: str) -> str | None:
    """The Message-ID of a mail whose header stands in the text."""
    found = _MESSAGE_ID_LINE.search(text)
    return found.group(1) if found else None


def reason_line(text: str) -> str:
    """The line of a report that says why."""
    found = _REASON.search(text[:_READ_MAX])
    return (found.group(0) if found else text[:200]).strip()[: replies.TEXT_MAX]
