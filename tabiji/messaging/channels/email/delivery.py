"""What became of one attempt to deliver one mail: a closed set of outcomes."""

from dataclasses import dataclass
from typing import Literal

from tabiji.messaging.channels.email.replies import Kind, Stage


@dataclass(frozen=True, slots=True)
class Sent:
    """The far side took it over; `text` is its answer (often a queue id)."""

    text: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Refused for now (4xx). Not before `retry_after_s` seconds should it be tried again."""

    code: int
    enhanced: str | None
    text: str
    retry_after_s: int
    kind: Kind
    stage: Stage


@dataclass(frozen=True, slots=True)
class Bounced:
    """Refused for good (5xx). What follows for the address depends on `kind`."""

    code: int
    enhanced: str | None
    text: str
    kind: Kind
    stage: Stage


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The connection broke after the final dot and before the answer: it may or may not have arrived."""

    text: str


FailedReason = Literal[
    "unreachable",  # no connection: DNS, refused, network
    "timeout",  # the far side did not answer in time, nothing was handed over
    "lost",  # the connection broke, nothing was handed over
    "tls",  # no STARTTLS, or a certificate that does not hold
    "auth",  # user name or password refused
    "refused",  # the server serves nobody here (5xx as greeting or to EHLO)
    "protocol",  # the answer was not SMTP
    "withdrawn",  # `before_data` said no
    "not_started",  # the time for starting was over, or the caller stopped
    "bad_address",  # sender or recipient cannot be written
    "unsafe_wire",  # the bytes have a bare CR or LF, or 8-bit letters that the server does not take
    "too_large",  # over the size that the server offers
]


@dataclass(frozen=True, slots=True)
class Failed:
    """It never reached the far side; trying again cannot make a second copy."""

    reason: FailedReason
    text: str = ""


Delivery = Sent | Deferred | Bounced | Uncertain | Failed
