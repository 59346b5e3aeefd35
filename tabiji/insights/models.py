"""Tables of the room: funnels as defined. Numbers are never stored here."""

from __future__ import annotations

from django.db import models

from tabiji.workspaces.models import Definition, Tenant


class Funnel(Tenant):
    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    steps = models.JSONField()

    class Meta:
        db_table = "funnel"
