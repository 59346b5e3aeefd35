"""What other rooms may call."""

from tabiji.messaging import (
    broadcasts,
    domains,
    gate,
    intents,
    messages,
    returns,
    sending,
    stopping,
    tracking,
)

__all__ = [
    "broadcasts",
    "domains",
    "gate",
    "intents",
    "messages",
    "returns",
    "sending",
    "stopping",
    "tracking",
]
