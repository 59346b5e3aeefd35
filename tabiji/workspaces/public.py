"""What other rooms may call."""

from tabiji.workspaces import audit, calendar, definitions, invitations, keys, members, notices, workspace
from tabiji.workspaces.roles import PERMISSIONS, Permission, Role

__all__ = [
    "PERMISSIONS",
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
