"""What other rooms may call."""

from tabiji.events import (
    canary,
    catalogue,
    heads,
    history,
    inlet,
    line,
    processor,
    rejects,
    schemas,
    values,
    watermark,
)
from tabiji.events.deciding import subject_of
from tabiji.events.normalising import IDENTIFIED, PAGE_VIEWED
from tabiji.events.segment import PIXEL

__all__ = [
    "IDENTIFIED",
    "PAGE_VIEWED",
    "PIXEL",
    "canary",
    "catalogue",
    "heads",
    "history",
    "inlet",
    "line",
    "processor",
    "rejects",
    "schemas",
    "subject_of",
    "values",
    "watermark",
]
