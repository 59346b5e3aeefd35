"""What other rooms may call."""

from tabiji.pages import documents, form_templates, forms, landing, problems, rendering, submissions, tickets
from tabiji.pages.drafts import BadKey, CannotPublish, ChangedMeanwhile, NoSuchPublic

__all__ = [
    "BadKey",
    "CannotPublish",
    "ChangedMeanwhile",
    "NoSuchPublic",
    "documents",
    "form_templates",
    "forms",
    "landing",
    "problems",
    "rendering",
    "submissions",
    "tickets",
]
