"""What states, encodings and refusals of files are called."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from tabiji.people.public import tables
from tabiji.web.insights import rejects
from tabiji.web.shell import on_screen

STATES: Final[dict[str, Any]] = {
    "uploaded": pgettext_lazy("import", "Not started"),
    "running": pgettext_lazy("import", "Running"),
    "done": pgettext_lazy("import", "Done"),
    "cancelled": pgettext_lazy("import", "Cancelled"),
    "failed": pgettext_lazy("import", "Stopped by an error"),
}
ENCODINGS: Final[dict[str, Any]] = {
    "utf-8-sig": pgettext_lazy("encoding", "UTF-8 (with mark)"),
    "utf-8": pgettext_lazy("encoding", "UTF-8"),
    "cp932": pgettext_lazy("encoding", "Shift_JIS (Windows)"),
    "utf-16": pgettext_lazy("encoding", "UTF-16"),
    "euc_jp": pgettext_lazy("encoding", "EUC-JP"),
}


def state(word: str) -> str:
    return str(STATES.get(word, ""))


def refused_line(reason: str) -> str:
    """Why a line of a file tells no event."""
    match reason:
        case "no_date":
            return _("It does not say when")
        case "bad_date":
            return _("This is no date, or one to come")
        case "no_person":
            return _("It does not say whose it is")
        case "unknown_phone":
            return _("Nobody with this phone number is here by a mail address or a member number")
        case _:
            return rejects.reason_of(reason)


def encoding(word: str) -> str:
    return str(ENCODINGS.get(word, word))


def refusal(error: tables.UnreadableFile) -> str:
    """Why a file was not taken, and what to do."""
    values = error.values
    match error.code:
        case "empty":
            return _("The file is empty. Choose the file again.")
        case "too_large":
            return _("The file is larger than %(most)s MB. Divide it into several files.") % {
                "most": values.get("most_mb")
            }
        case "encoding":
            return _(
                "The letters of this file cannot be read. Save it as “CSV UTF-8” and choose it again,"
                " or say which encoding it has."
            )
        case "euc_jp":
            return _("This file is written in EUC-JP. Save it as “CSV UTF-8” and choose it again.")
        case "too_many_rows":
            return _("The file has more than %(most)s rows. Divide it into several files.") % {
                "most": on_screen.number(int(str(values.get("most", 0))))
            }
        case "too_many_columns":
            return _("The file has more than %(most)s columns. Is it a CSV file?") % {
                "most": values.get("most")
            }
        case "quotes":
            return _(
                "Quotation marks do not fit together around line %(line)s. Save it as CSV again in the spreadsheet."
            ) % {"line": values.get("line")}
        case "columns":
            return _("The file needs a column for the event, one for when, and one for whose it is.")
        case _:
            return _("The file has a header, but no rows.")
