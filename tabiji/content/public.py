"""What other rooms may call."""

from tabiji.content import (
    brand,
    documents,
    inline,
    liquid,
    mails,
    merge_fields,
    previewing,
    problems,
    targets,
)
from tabiji.content.compiled import CannotRender, CompiledMail
from tabiji.content.documents import BadDocument

__all__ = [
    "BadDocument",
    "CannotRender",
    "CompiledMail",
    "brand",
    "documents",
    "inline",
    "liquid",
    "mails",
    "merge_fields",
    "previewing",
    "problems",
    "targets",
]
