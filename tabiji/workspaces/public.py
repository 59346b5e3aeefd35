"""What other rooms may call."""

from tabiji.workspaces import audit, calendar, definitions, invitations, keys, members, notices, workspace
from tabiji.workspaces.roles import PERMISSIONS, ROLE_NAMES, Permission, Role

__all__ = [
    "PERMISSIONS",
    "ROLE_NAMES",
    "Permission",
    "Role",
    "audit",
    "calendar",
    "definitions",
    "invitations",
    "keys",
    "members",
    "notices",
    "workspace",
]
