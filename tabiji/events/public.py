"""What other rooms may call."""

from tabiji.events import inlet, processor, rejects, watermark
from tabiji.events.deciding import subject_of
from tabiji.events.normalising import IDENTIFIED, PAGE_VIEWED
from tabiji.events.segment import PIXEL

__all__ = ["IDENTIFIED", "PAGE_VIEWED", "PIXEL", "inlet", "processor", "rejects", "subject_of", "watermark"]
