"""What other rooms may call."""

from tabiji.messaging import (
    broadcasts,
    domains,
    gate,
    intents,
    limits,
    messages,
    rendering,
    returns,
    sending,
    standing,
    stopping,
    tracking,
    words,
)

__all__ = [
    "broadcasts",
    "domains",
    "gate",
    "intents",
    "limits",
    "messages",
    "rendering",
    "returns",
    "sending",
    "standing",
    "stopping",
    "tracking",
    "words",
]
