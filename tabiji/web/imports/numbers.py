"""The people of a file: all of them, the new ones, the changed ones, the others."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tabiji.people.public import imports
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.shell.requests import WorkspaceRequest


def _of_file(request: WorkspaceRequest, import_id: int, verdict: str = "") -> Behind:
    found = imports.get(import_id)
    said = {
        "new": _("New with the file “%(name)s”"),
        "update": _("Changed by the file “%(name)s”"),
        "same": _("In the file “%(name)s”, and not changed by it"),
    }.get(verdict, _("In the file “%(name)s”"))
    return Behind(imports.people_of(import_id, verdict), said % {"name": found.name})


behind.sources.add("import", _of_file)
