"""Reads mail that comes back: bounces, complaints, automatic answers, unsubscriptions, replies.

Whatever comes in, `read` answers with a value, in bounded time and memory: it looks at the first 512 kB and at
60 parts, and what it cannot make out is `Unknown` with a reason.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import InvalidBase64CharactersDefect, InvalidBase64LengthDefect
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from functools import cached_property
from typing import Any, Final, Literal

from flufl.bounce import all_failures

from tabiji.messaging.channels.email import charsets, html_text, replies, report_text, verp
from tabiji.messaging.channels.email.replies import Kind, Stage

Source = Literal["rfc3464", "text"]
Action = Literal["failed", "delayed"]

MAIL_MAX: Final = 50 * 1024 * 1024
READ_MAX: Final = 512 * 1024
_DETECTORS_READ_MAX: Final = 64 * 1024
_PARTS_MAX: Final = 60
_NESTING_MAX: Final = 40
_LINES_AS_PARTS_MAX: Final = 2000
_TEXT_MAX: Final = 100_000

# flufl.bounce writes a trace for each detector that a hostile mail upsets; we go on without it.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a mail of ours was refused, or (`action` delayed) is still being tried.

    `token` is that of the VERP address, `message_id` our own (`left@right`), `recipient` the address we wrote to;
    each None when the report does not say. `kind` is what follows for the address.
    """

    token: str | None
    message_id: str | None
    recipient: str | None
    action: Action
    kind: Kind
    code: int | None
    enhanced: str | None
    diagnostic: str
    source: Source


@dataclass(frozen=True, slots=True)
class Complaint:
    """A recipient called a mail of ours spam (RFC 5965); the recipient may be blacked out."""

    token: str | None
    message_id: str | None
    recipient: str | None
    feedback_type: str


@dataclass(frozen=True, slots=True)
class AutoReply:
    """A machine answered: an absence note, a ticket number. It is not a reply."""

    token: str | None
    message_ids: tuple[str, ...]
    reason: Literal["out_of_office", "automatic"]
    from_address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A mail to the address of List-Unsubscribe's mailto (RFC 2369)."""

    token: str
    from_address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A person wrote. `message_ids` are the mails it answers, nearest first; `text` still has the quotes."""

    message_id: str | None
    message_ids: tuple[str, ...]
    from_address: str
    from_name: str
    subject: str
    text: str


UnknownReason = Literal[
    "empty",
    "too_large",
    "nul_bytes",
    "nested_too_deep",
    "unreadable",
    "unreadable_body",
    "no_sender",
    "delivery_notice",  # a report of success
    "read_receipt",
    "not_spam",  # a recipient took a complaint back
    "authentication_report",
    "unrecognised_bounce",
]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing to act upon."""

    reason: UnknownReason
    token: str | None = None


Inbound = Bounce | Complaint | AutoReply | Unsubscribe | Reply | Unknown


def read(raw: bytes, *, domain: str, envelope_to: str = "", envelope_from: str | None = None) -> Inbound:
    """What an inbound mail is. `domain` is that of our VERP addresses; the envelope is given where known.

    `envelope_from` "" is the null sender of a report, None means not known. Never raises.
    """
    if reason := _unfit(raw):
        return Unknown(reason)
    try:
        return _Reading(raw[:READ_MAX], domain, envelope_to, envelope_from).result()
    except Exception:  # the parsers below meet hostile input; a mail must never stop the queue it stands in
        logging.getLogger(__name__).warning("an inbound mail could not be read", exc_info=True)
        return Unknown("unreadable")


def _unfit(raw: bytes) -> UnknownReason | None:
    head = raw[:READ_MAX]
    if not head.strip():
        return "empty"
    if len(raw) > MAIL_MAX:
        return "too_large"
    if b"\0" in head:
        return "nul_bytes"
    folded = head.lower()
    # The standard parser recurses once for each level; every level needs one of these words.
    nesting = folded.count(b"boundary") + folded.count(b"message/")
    if nesting > _NESTING_MAX or head.count(b"\n--") > _LINES_AS_PARTS_MAX:
        return "nested_too_deep"
    return None


class _Reading:
    def __init__(self, raw: bytes, domain: str, envelope_to: str, envelope_from: str | None) -> None:
        self._raw = raw
        self._domain = domain
        self._envelope_to = envelope_to
        self._message = BytesParser(policy=compat32).parsebytes(raw)
        self._head = _Fields(self._message)
        self._parts = list(_walk(self._message))
        return_path = self._head.first("return-path").strip()
        self._null_sender = envelope_from == "" or (envelope_from is None and return_path == "<>")

    def result(self) -> Inbound:
        for attempt in (self._complaint, self._report, self._receipt, self._textual_bounce):
            found = attempt()
            if found is not None:
                return found
        if token := self._own_token("unsubscribe"):
            return Unsubscribe(token, self._sender[0])
        return self._letter()

    # -- RFC 5965

    def _complaint(self) -> Complaint | Unknown | None:
        part = self._part("message/feedback-report")
        if part is None:
            return None
        report = _Fields(_first_inner(part))
        kind = re.sub(r"[^a-z-]", "", report.first("feedback-type").lower())[:40] or "other"
        returned = self._returned
        token = self._token_in(report.first("original-mail-from")) or self._any_token(returned)
        if kind == "not-spam":
            return Unknown("not_spam", token)
        if kind in ("auth-failure", "dmarc"):
            return Unknown("authentication_report", token)
        recipient = _address_in(report.first("original-rcpt-to")) or _address_in(returned.first("to"))
        return Complaint(token, _message_id_in(returned.first("message-id")), recipient, kind)

    # -- RFC 3464

    def _report(self) -> Bounce | Unknown | None:
        part = self._part("message/delivery-status")
        if part is None:
            return None
        blocks = [block for block in _status_blocks(part) if block.first("action") or block.first("status")]
        returned = self._returned
        token = self._any_token(returned)
        for wanted in ("failed", "delayed"):
            for block in blocks:
                if _action(block) == wanted:
                    return self._bounce_of(block, wanted, returned, token)
        return Unknown("delivery_notice" if blocks else "unrecognised_bounce", token)

    def _bounce_of(self, block: "_Fields", action: Action, returned: "_Fields", token: str | None) -> Bounce:
        status = replies.find_enhanced(block.first("status"))
        diagnostic = charsets.decode_header(block.first("diagnostic-code"))
        diagnostic = re.sub(r"^\s*[\w-]+\s*;\s*", "", diagnostic)[: replies.TEXT_MAX]
        recipient = (
            _address_in(block.first("original-recipient"))
            or _address_in(block.first("final-recipient"))
            or _address_in(returned.first("to"))
        )
        said = replies.find_enhanced(diagnostic)
        # A relay often puts a general 5.0.0 into Status and the far side's own code into the diagnosis.
        enhanced = said if said and (status is None or status.endswith(".0.0")) else status
        code = report_text.find_code(diagnostic)
        return Bounce(
            token=token,
            message_id=_message_id_in(returned.first("message-id")),
            recipient=recipient,
            action=action,
            kind=_kind(code, enhanced, diagnostic or self._text[:2000], recipient, action),
            code=code,
            enhanced=enhanced,
            diagnostic=diagnostic,
            source="rfc3464",
        )

    # -- RFC 8098

    def _receipt(self) -> Unknown | None:
        return Unknown("read_receipt") if self._part("message/disposition-notification") else None

    # -- reports in prose

    def _textual_bounce(self) -> Bounce | Unknown | None:
        daemon = self._is_from_daemon() or report_text.is_report_subject(self._subject)
        if not (daemon or self._null_sender):
            return None
        token = self._any_token(self._returned)
        text = self._text
        recipient, final = self._failed_recipient()
        failed, kind = report_text.find_failure(text)
        if recipient is None and not failed:
            return Unknown("unrecognised_bounce", token) if daemon else None
        code, enhanced = report_text.find_code(text), replies.find_enhanced(text[:4000])
        action: Action = "failed" if final else "delayed"
        returned_id = _message_id_in(self._returned.first("message-id"))
        return Bounce(
            token=token,
            message_id=returned_id or report_text.find_message_id(text),
            recipient=recipient,
            action=action,
            kind=kind or _kind(code, enhanced, text[:4000], recipient, action),
            code=code,
            enhanced=enhanced,
            diagnostic=report_text.reason_line(text),
            source="text",
        )

    def _is_from_daemon(self) -> bool:
        local_part = self._sender[0].partition("@")[0].lower()
        return local_part in _DAEMONS or bool(self._head.first("x-failed-recipients"))

    def _failed_recipient(self) -> tuple[str | None, bool]:
        """The address and whether it failed for good (else it is still being tried)."""
        if named := _address_in(self._head.first("x-failed-recipients")):
            return named, True
        passing, lasting = _known_forms(self._raw[:_DETECTORS_READ_MAX])
        for found, final in ((lasting, True), (passing, False)):
            if found:
                return min(found).decode("ascii", "replace")[:320], final
        return report_text.find_recipient(self._text), True

    # -- letters of people and their machines

    def _letter(self) -> AutoReply | Reply | Unknown:
        address, name = self._sender
        token = self._own_token("bounce")
        answered = self._answered()
        # People answer to From or Reply-To. What comes to the return path was sent by a machine.
        if self._is_automatic() or token is not None:
            subject, text = self._subject, self._text
            absent = _ABSENT.search(subject) or _ABSENT.search(text[:500])
            return AutoReply(
                token, answered, "out_of_office" if absent else "automatic", address, subject, text
            )
        if not address:
            return Unknown("no_sender")
        text = self._text
        if self._is_body_broken():
            return Unknown("unreadable_body")
        own = _message_id_in(self._head.first("message-id"))
        return Reply(own, answered, address, name, self._subject, text)

    def _is_automatic(self) -> bool:
        head = self._head
        submitted = head.first("auto-submitted").partition(";")[0].strip().lower()
        if submitted not in ("", "no") or self._null_sender:
            return True
        if any(head.first(name).strip().lower() not in ("", "no") for name in _AUTOMATIC_FIELDS):
            return True
        if head.first("precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
            return True
        return bool(_AUTOMATIC_SUBJECT.search(self._subject))

    def _answered(self) -> tuple[str, ...]:
        named = _MESSAGE_ID.findall(self._head.first("in-reply-to")[:2000])
        # References goes from the oldest to the newest.
        named += reversed(_MESSAGE_ID.findall(self._head.first("references")[-4000:]))
        return tuple(dict.fromkeys(named))[:20]

    # -- what all of them look at

    def _part(self, content_type: str) -> Message | None:
        return next((part for part in self._parts if part.get_content_type() == content_type), None)

    @cached_property
    def _returned(self) -> "_Fields":
        """The header of the mail that came back, of whatever part holds it; empty when none does."""
        for part in self._parts:
            if part.get_content_type() == "text/rfc822-headers":
                return _Fields(BytesParser(policy=compat32).parsebytes(_octets(part), headersonly=True))
            if part.get_content_type() in ("message/rfc822", "message/global", "message/rfc822-headers"):
                return _Fields(_first_inner(part))
        return _Fields(Message())

    def _any_token(self, returned: "_Fields") -> str | None:
        return self._own_token("bounce") or self._token_in(returned.first("return-path"))

    def _own_token(self, purpose: verp.Purpose) -> str | None:
        head = self._head
        fields = ("to", "delivered-to", "x-original-to", "envelope-to", "cc")
        for text in (self._envelope_to, *(value for name in fields for value in head.all(name))):
            if token := self._token_in(text, purpose):
                return token
        return None

    def _token_in(self, text: str, purpose: verp.Purpose = "bounce") -> str | None:
        for address in _ADDRESS.findall(text[:2000]):
            if token := verp.parse(address, self._domain, purpose):
                return token
        return None

    @cached_property
    def _sender(self) -> tuple[str, str]:
        raw = self._head.first("from")
        address = _address_in(raw) or ""
        name = charsets.decode_header(raw.rpartition("<")[0]) if "<" in raw else ""
        return address, name.strip().strip('"').strip()[:200]

    @cached_property
    def _subject(self) -> str:
        return charsets.decode_header(self._head.first("subject"))

    @cached_property
    def _text(self) -> str:
        part = self._text_part()
        if part is None:
            return ""
        text = charsets.decode(_octets(part), part.get_content_charset())
        return (html_text.words_of(text) if part.get_content_type() == "text/html" else text)[:_TEXT_MAX]

    def _text_part(self) -> Message | None:
        written = [part for part in self._parts if part.get_content_disposition() != "attachment"]
        for wanted in ("text/plain", "text/html"):
            for part in written:
                if part.get_content_type() == wanted and not part.is_multipart():
                    return part
        return None

    def _is_body_broken(self) -> bool:
        part = self._text_part()
        broken = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect)
        return part is not None and any(isinstance(defect, broken) for defect in part.defects)


def _known_forms(raw: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Addresses still being tried, and failed ones, by the some twenty forms that flufl.bounce knows."""
    # Raw 8-bit letters in a header upset it; addresses are ASCII.
    seven_bit = raw.decode("ascii", "replace").replace("\ufffd", "?").encode("ascii")
    try:
        passing, lasting = all_failures(BytesParser(policy=compat32).parsebytes(seven_bit))
    except Exception:  # some of its detectors fail on a From without address; our own forms come after it
        return frozenset(), frozenset()
    return frozenset(passing), frozenset(lasting)


class _Fields:
    """Header fields by lower-case name, as raw text."""

    def __init__(self, message: Message) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._values.setdefault(name.lower(), []).append(str(value).replace("\r", "").replace("\n", " "))

    def first(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])


def _walk(message: Message) -> Iterator[Message]:
    """The parts in order, without those of a mail that is itself a part."""
    waiting: list[Message] = [message]
    for _ in range(_PARTS_MAX):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = [inner for inner in part.get_payload() if isinstance(inner, Message)]


def _first_inner(part: Message) -> Message:
    payload: Any = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        if payload[0].keys():
            return payload[0]
        payload = payload[0].get_payload()
    # Some servers encode the part, which RFC 2046 5.2.1 forbids; the parser then finds no fields in it.
    octets = _decoded(part, payload) if isinstance(payload, str) else b""
    return BytesParser(policy=compat32).parsebytes(octets, headersonly=True)


def _status_blocks(part: Message) -> list[_Fields]:
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        blocks = [_Fields(block) for block in payload if block.keys()]
        if blocks:
            return blocks
        payload = "".join(str(block.get_payload()) for block in payload)
    octets = _decoded(part, payload)
    pieces = re.split(rb"\r?\n\r?\n", octets)[:50]
    return [_Fields(BytesParser(policy=compat32).parsebytes(piece, headersonly=True)) for piece in pieces]


def _decoded(part: Message, payload: str) -> bytes:
    carrier = Message()
    carrier["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding", "7bit"))
    carrier.set_payload(payload)
    return _octets(carrier)


def _octets(part: Message) -> bytes:
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else b""


def _action(block: _Fields) -> str:
    # Some servers add a comment to the word; OpenSMTPD says "error".
    word = block.first("action").strip().lower()
    if word.startswith(("fail", "error")):
        return "failed"
    if word.startswith("delay"):
        return "delayed"
    if not word and block.first("status").strip().startswith(("4", "5")):
        return "failed"
    return "other"


def _kind(code: int | None, enhanced: str | None, text: str, recipient: str | None, action: Action) -> Kind:
    if action == "delayed" and not (enhanced or code):
        return Kind.SOFT
    return replies.classify(
        code=code or 0, enhanced=enhanced, text=text, recipient=recipient or "", stage=Stage.REPORT
    )


_ADDRESS = re.compile(
    r'(?:"[^"<>@\s]{1,64}"|[A-Za-z0-9.!#$%&\'*+/=?^_`{|}~-]{1,64})@[A-Za-z0-9.-]{1,253}', re.ASCII
)
_MESSAGE_ID = re.compile(r"<([!-;=?A-~]{1,200}@[!-;=?A-~]{1,200})>", re.ASCII)


def _address_in(text: str) -> str | None:
    """The address in a field such as `rfc822; <a@b>`, in angle brackets by preference."""
    text = text[:2000]
    inner = re.search(r"<([^<>\s]{3,320})>", text)
    found = _ADDRESS.search(inner.group(1) if inner else text)
    return found.group(0) if found else None


def _message_id_in(text: str) -> str | None:
    found = _MESSAGE_ID.search(text[:2000])
    return found.group(1) if found else None


_DAEMONS: Final = ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")
_AUTOMATIC_FIELDS: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-autoresponder",
    "x-mail-autoreply",
    "x-autogenerated",
    "x-autoreply-from",
    "x-fc-machinegenerated",
    "list-id",
)
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:(?:re|fw|fwd)\s*[:：]\s*)?[\[【(（]?\s*(?:automatic reply|auto[ -]?(?:reply|response|matic)|out of (?:the )?office"
    r"|自動(?:応答|返信|配信|送信)|不在(?:通知|のお知らせ|連絡|応答)|休暇(?:中|のお知らせ)|(?:夏季|冬季|年末年始)?休業のお知らせ"
    r"|abwesenheit|réponse automatique)",
    re.I,
)
_ABSENT = re.compile(
    r"out of (?:the )?office|vacation|away from|on leave|annual leave|不在|休暇|休業|出張中|お休みをいただ|産休|育休|abwesen",
    re.I,
)
