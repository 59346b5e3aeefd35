"""What other rooms may call."""

from tabiji.audiences import (
    asking,
    attributes,
    audience,
    conditions,
    dependencies,
    history,
    operators,
    sources,
    wording,
)

__all__ = [
    "asking",
    "attributes",
    "audience",
    "conditions",
    "dependencies",
    "history",
    "operators",
    "sources",
    "wording",
]
