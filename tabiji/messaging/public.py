"""What other rooms may call."""

from tabiji.messaging import (
    apart,
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
    "apart",
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
