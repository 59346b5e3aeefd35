"""Tables of the room: audiences, and who is in them, with an episode for each stay."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tabiji.workspaces.models import Definition, Tenant, Workspace


class Audience(Tenant):
    """The condition of a definition of kind `audience`, and how fresh its members are."""

    definition = models.OneToOneField(
        Definition, primary_key=True, on_delete=models.CASCADE, db_column="id", related_name="+"
    )
    condition = models.JSONField()
    version = models.IntegerField(default=1)
    """Raised by every change of the condition."""
    depends = ArrayField(models.TextField(), default=list)
    """What can change its members: keys as `audiences.dependencies` makes them."""
    touches = models.BigIntegerField(default=1)
    """Raised by each batch that brings something it depends on …"""
    seen_touches = models.BigIntegerField(default=0)
    """… and how many of them the last refresh had seen."""
    through = models.JSONField(null=True)
    """By shard, the last batch that the last refresh read."""
    refreshed_version = models.IntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    """Business time."""
    next_window_at = models.DateTimeField(null=True)
    """Business time at which a window moves; null where none does."""
    exclusions = models.TextField(default="")
    """Which exclusions from numbers the last refresh knew (a digest)."""
    not_before = models.DateTimeField(db_default=Now())
    """The database's clock: a costly audience rests between refreshes."""
    size = models.IntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        db_table = "audience"


class AudienceMember(Tenant):
    """One row for each person who ever was in it; the episode counts the stays.

    No foreign keys: a million are written at once (checking the workspace of each took as long as writing
    them; row security checks it anyway), and who is gone leaves by itself.
    """

    pk = models.CompositePrimaryKey("audience_id", "person_id")
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    audience_id = models.BigIntegerField()
    person_id = models.UUIDField()
    episode = models.IntegerField(default=1)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audience_member"
        indexes = [
            models.Index(
                fields=["person_id"], name="audience_member_person", condition=models.Q(left_at__isnull=True)
            )
        ]
