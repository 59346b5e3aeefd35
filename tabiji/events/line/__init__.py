"""One person's whole line (接点の線): every touchpoint, newest first, anonymous past included.

`read` gives it as entries that people recognise: page views folded into visits, a click once with
its verdict, machines as a count beside the act that they belong to, silences between. `strip` gives
twelve months at a glance. Both read facts up to the watermark, and what a colleague has just changed
from PostgreSQL, so that an act is seen at once. Pure values out; the words belong to the screens.
"""

from tabiji.events.line.acts import Act
from tabiji.events.line.entries import (
    ANONYMOUS,
    CLICK,
    LANES,
    MACHINES,
    VISIT,
    Entry,
    Silence,
)
from tabiji.events.line.reading import LinePage, read
from tabiji.events.line.strip import Band, Stop, Strip, strip

__all__ = [
    "ANONYMOUS",
    "CLICK",
    "LANES",
    "MACHINES",
    "VISIT",
    "Act",
    "Band",
    "Entry",
    "LinePage",
    "Silence",
    "Stop",
    "Strip",
    "read",
    "strip",
]
