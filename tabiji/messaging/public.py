"""What other rooms may call."""

from tabiji.messaging import (
    broadcasts,
    domains,
    gate,
    intents,
    messages,
    rendering,
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
    "rendering",
    "returns",
    "sending",
    "stopping",
    "tracking",
]
