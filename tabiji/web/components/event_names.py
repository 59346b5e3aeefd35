"""What a site's own event is called on screen: common names as words, any other as it was sent.

The common ones are those of Segment's specification (B2B SaaS and e-commerce) and what marketplaces send.
A site that wants its own words gives each event a `title`, which is shown before these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import pgettext_lazy

_NAMES: Final[Mapping[str, Any]] = {
    "signed_up": pgettext_lazy("event", "signed up"),
    "signed_in": pgettext_lazy("event", "signed in"),
    "signed_out": pgettext_lazy("event", "signed out"),
    "newsletter_signed_up": pgettext_lazy("event", "signed up for the newsletter"),
    "invite_sent": pgettext_lazy("event", "sent an invitation"),
    "trial_started": pgettext_lazy("event", "began a trial"),
    "trial_ended": pgettext_lazy("event", "came to the end of a trial"),
    "product_viewed": pgettext_lazy("event", "viewed a product"),
    "product_added": pgettext_lazy("event", "put a product into the cart"),
    "cart_viewed": pgettext_lazy("event", "looked into the cart"),
    "checkout_started": pgettext_lazy("event", "began the checkout"),
    "order_placed": pgettext_lazy("event", "placed an order"),
    "order_completed": pgettext_lazy("event", "completed an order"),
    "order_cancelled": pgettext_lazy("event", "cancelled an order"),
    "profile_viewed": pgettext_lazy("event", "viewed a profile"),
    "profile_changed": pgettext_lazy("event", "changed the profile"),
    "message_sent": pgettext_lazy("event", "sent a message"),
    "job_posted": pgettext_lazy("event", "posted a job"),
    "job_viewed": pgettext_lazy("event", "viewed a job"),
    "job_saved": pgettext_lazy("event", "saved a job"),
    "proposal_sent": pgettext_lazy("event", "sent a proposal"),
    "proposal_viewed": pgettext_lazy("event", "viewed a proposal"),
    "work_delivered": pgettext_lazy("event", "delivered the work"),
    "work_checked": pgettext_lazy("event", "checked the work"),
}


def said(name: str) -> str:
    """`signed_up`, and also `Signed Up` as Segment writes it."""
    known = _NAMES.get(name.strip().lower().replace(" ", "_"))
    return str(known) if known else name.replace("_", " ")


def common() -> list[str]:
    """Names that sites often send, to be suggested."""
    return list(_NAMES)
