"""Six roles, each a closed set of permissions. A golden test holds the matrix."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    ADMIN = "admin"
    MARKETER = "marketer"
    SALES_MANAGER = "sales_manager"
    SALES = "sales"
    ANALYST = "analyst"
    VIEWER = "viewer"


class Permission(StrEnum):
    SEE_PEOPLE = "see_people"
    SEE_PERSONAL_DATA = "see_personal_data"
    EDIT_PEOPLE = "edit_people"
    IMPORT_EXPORT = "import_export"
    SEE_AUDIENCES = "see_audiences"
    EDIT_AUDIENCES = "edit_audiences"
    SEE_INITIATIVES = "see_initiatives"
    EDIT_INITIATIVES = "edit_initiatives"
    SEE_JOURNEYS = "see_journeys"
    EDIT_JOURNEYS = "edit_journeys"
    START_SENDS = "start_sends"
    SEE_CONTENT = "see_content"
    EDIT_CONTENT = "edit_content"
    SEE_SALES = "see_sales"
    WORK_SALES = "work_sales"
    MANAGE_SALES = "manage_sales"
    SEE_INSIGHTS = "see_insights"
    SEE_OWN_INSIGHTS = "see_own_insights"
    EDIT_REPORTS = "edit_reports"
    EDIT_MARKETING_SETTINGS = "edit_marketing_settings"
    ADMINISTER = "administer"
    MOVE_TIME = "move_time"


ROLE_NAMES: Final = {
    Role.ADMIN: _("Admin"),
    Role.MARKETER: _("Marketer"),
    Role.SALES_MANAGER: _("Sales manager"),
    Role.SALES: _("Sales"),
    Role.ANALYST: _("Analyst"),
    Role.VIEWER: _("Viewer"),
}

P = Permission
_READ_ALL = {P.SEE_PEOPLE, P.SEE_AUDIENCES, P.SEE_INITIATIVES, P.SEE_JOURNEYS, P.SEE_CONTENT, P.SEE_SALES}
_MARKETER = _READ_ALL | {
    P.SEE_PERSONAL_DATA,
    P.EDIT_PEOPLE,
    P.IMPORT_EXPORT,
    P.EDIT_AUDIENCES,
    P.EDIT_INITIATIVES,
    P.EDIT_JOURNEYS,
    P.START_SENDS,
    P.EDIT_CONTENT,
    P.SEE_INSIGHTS,
    P.SEE_OWN_INSIGHTS,
    P.EDIT_REPORTS,
    P.EDIT_MARKETING_SETTINGS,
    P.MOVE_TIME,
}
_SALES = {
    P.SEE_PEOPLE,
    P.SEE_PERSONAL_DATA,
    P.EDIT_PEOPLE,
    P.SEE_AUDIENCES,
    P.SEE_INITIATIVES,
    P.SEE_JOURNEYS,
    P.SEE_SALES,
    P.WORK_SALES,
    P.SEE_OWN_INSIGHTS,
    P.MOVE_TIME,
}
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MARKETER: frozenset(_MARKETER),
    Role.SALES_MANAGER: frozenset(_SALES | {P.MANAGE_SALES, P.SEE_INSIGHTS}),
    Role.SALES: frozenset(_SALES),
    Role.ANALYST: frozenset(
        _READ_ALL | {P.EDIT_AUDIENCES, P.SEE_INSIGHTS, P.SEE_OWN_INSIGHTS, P.EDIT_REPORTS, P.MOVE_TIME}
    ),
    Role.VIEWER: frozenset(_READ_ALL | {P.SEE_INSIGHTS, P.SEE_OWN_INSIGHTS}),
}
