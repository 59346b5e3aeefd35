"""Tables of the room: conversion rules and what they counted, periods, the KPI tree, initiatives."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tabiji.workspaces.models import Definition, Tenant, User


class ConversionRule(Tenant):
    """What counts as a result. The header (name, responsible, review) is its definition."""

    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    key = models.CharField(max_length=40)
    rule = models.JSONField()
    worth = models.JSONField()
    once = models.BooleanField(default=False)
    """At most one for each person: the first order, not every order."""
    undone_by = ArrayField(models.TextField(), default=list)
    """New values of the same change that take the conversion back; `*` is any other value."""

    class Meta:
        db_table = "conversion_rule"
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="conversion_rule_once")]


class Conversion(Tenant):
    """One cause counted once. A visitor's waits here, without a person, until somebody is known."""

    rule = models.ForeignKey(ConversionRule, on_delete=models.CASCADE, related_name="+", db_index=False)
    cause = models.CharField(max_length=300)
    person_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    value = models.FloatField(default=0)
    line = models.CharField(max_length=60, default="")
    initiative_id = models.BigIntegerField(default=0)
    hops = models.SmallIntegerField(default=0)
    once = models.BooleanField(default=False)
    """Of the rule, when it counted: the database itself keeps a second one out."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "conversion"
        constraints = [
            models.UniqueConstraint(fields=["rule", "cause"], name="conversion_cause_once"),
            models.UniqueConstraint(
                fields=["rule", "person_id"],
                name="conversion_person_once",
                condition=models.Q(once=True, undone_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["subject_id"], name="conversion_waiting", condition=models.Q(person_id__isnull=True)
            ),
        ]


class StoredPeriod(Tenant):
    """A span of time that reports share."""

    name = models.CharField(max_length=100)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "period"
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="period_once")]


class Kpi(Tenant):
    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    position = models.SmallIntegerField(default=0)
    labels = models.JSONField()
    conversion = models.CharField(max_length=40)
    measure = models.CharField(max_length=12, default="conversions")
    part = models.JSONField(null=True)
    target = models.FloatField()
    period = models.ForeignKey(StoredPeriod, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "kpi"


class Initiative(Tenant):
    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    from_state = models.TextField(default="")
    to_state = models.TextField(default="")
    period = models.ForeignKey(StoredPeriod, null=True, on_delete=models.SET_NULL, related_name="+")
    branch = models.CharField(max_length=80, default="")
    verdict = models.CharField(max_length=10, default="")
    learning = models.TextField(default="")
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "initiative"


class InitiativeMember(Tenant):
    """A form, a mail, a journey, a test … that works for this initiative. One initiative each."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="+")
    definition = models.OneToOneField(
        Definition, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    class Meta:
        db_table = "initiative_member"
