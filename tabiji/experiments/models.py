"""Tables of the room: experiments, who was assigned what here, and what was decided."""

from __future__ import annotations

from django.db import models

from tabiji.workspaces.models import Definition, Tenant, User


class Experiment(Tenant):
    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    key = models.CharField(max_length=60)
    variants = models.JSONField()
    goal = models.CharField(max_length=40)
    window_days = models.IntegerField(null=True)
    source = models.CharField(max_length=12)
    source_ref = models.CharField(max_length=80)
    initiative_id = models.BigIntegerField(default=0)

    class Meta:
        db_table = "experiment"
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="experiment_once")]


class Exposure(Tenant):
    """A person was assigned a variant: the first time stands, whatever becomes of the weights."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+", db_index=False)
    person_id = models.UUIDField()
    variant = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        db_table = "exposure"
        constraints = [models.UniqueConstraint(fields=["experiment", "person_id"], name="exposure_once")]


class Decision(Tenant):
    """A variant was adopted. Never changed; taking back is a date."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    variant = models.CharField(max_length=20)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField()
    why = models.TextField(default="")
    effects = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "experiment_decision"
        constraints = [
            models.UniqueConstraint(
                fields=["experiment"],
                name="experiment_decided_once",
                condition=models.Q(undone_at__isnull=True),
            )
        ]
