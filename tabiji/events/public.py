"""What other rooms may call."""

from tabiji.events import inlet, line, processor, rejects, watermark
from tabiji.events.deciding import subject_of
from tabiji.events.normalising import IDENTIFIED, PAGE_VIEWED
from tabiji.events.segment import PIXEL

__all__ = [
    "IDENTIFIED",
    "PAGE_VIEWED",
    "PIXEL",
    "inlet",
    "line",
    "processor",
    "rejects",
    "subject_of",
    "watermark",
]
