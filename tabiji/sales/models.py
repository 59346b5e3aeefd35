"""Tables of the room: hand-overs, deals, appointments, tasks, calls."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tabiji.people.models import Company, Person
from tabiji.workspaces.models import Tenant, User


class HandOver(Tenant):
    """One person given to sales. State `noticed`: the person had an open deal, its owner was told."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10)
    cause = models.CharField(max_length=255)
    """What asked for it; the same cause makes one hand-over for a person, for ever."""
    reason = models.CharField(max_length=20)
    detail = models.JSONField(default=dict)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    assigned_by = models.CharField(max_length=10, default="")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    told_overdue_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    accept_seconds = models.IntegerField(null=True)
    """Open business hours from request to acceptance."""
    returned_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=20, default="")
    return_note = models.CharField(max_length=1000, default="")
    restart_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    initiative_id = models.BigIntegerField(default=0)
    external_key = models.CharField(max_length=100, null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "hand_over"
        constraints = [
            models.UniqueConstraint(fields=["person", "cause"], name="hand_over_cause_once"),
            models.UniqueConstraint(
                fields=["person"],
                name="hand_over_one_standing",
                condition=Q(state__in=["pending", "accepted"]),
            ),
            models.UniqueConstraint(fields=["workspace", "external_key"], name="hand_over_key_once"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="hand_over_newest"),
            models.Index(
                fields=["workspace", "due_at"],
                name="hand_over_due",
                condition=Q(state="pending", told_overdue_at__isnull=True),
            ),
        ]


class Deal(Tenant):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey(
        Company, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    name = models.CharField(max_length=200)
    line = models.CharField(max_length=40)
    phase = models.CharField(max_length=40)
    amount = models.BigIntegerField(default=0)
    """Yen."""
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    phase_since = models.DateTimeField()
    expected_on = models.DateField(null=True)
    outcome = models.CharField(max_length=4, default="")
    """'' (open), won or lost."""
    closed_at = models.DateTimeField(null=True)
    lost_reason = models.CharField(max_length=20, default="")
    hand_over = models.ForeignKey(HandOver, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.IntegerField(default=1)
    external_key = models.CharField(max_length=100, null=True)

    class Meta:
        db_table = "deal"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_key"], name="deal_key_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="deal_amount"),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at__isnull=True)
                | Q(outcome__in=["won", "lost"], closed_at__isnull=False),
                name="deal_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-opened_at", "-id"], name="deal_newest"),
            models.Index(
                fields=["workspace", "company"], name="deal_open_of_company", condition=Q(outcome="")
            ),
        ]


class Task(Tenant):
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=200, default="")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    due_at = models.DateTimeField()
    minutes = models.IntegerField(null=True)
    state = models.CharField(max_length=10, default="open")
    """open, done, or dropped (what it was for came to an end)."""
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    hand_over = models.ForeignKey(HandOver, null=True, on_delete=models.SET_NULL, related_name="+")
    deal = models.ForeignKey(Deal, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "task"
        indexes = [
            models.Index(
                fields=["workspace", "owner", "due_at"], name="task_open", condition=Q(state="open")
            ),
            models.Index(fields=["workspace", "-id"], name="task_newest"),
        ]


class Appointment(Tenant):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    title = models.CharField(max_length=200, default="")
    place = models.CharField(max_length=200, default="")
    starts_at = models.DateTimeField()
    minutes = models.IntegerField(default=60)
    state = models.CharField(max_length=10, default="booked")
    booked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    deal = models.ForeignKey(Deal, null=True, on_delete=models.SET_NULL, related_name="+")
    initiative_id = models.BigIntegerField(default=0)
    version = models.IntegerField(default=1)
    external_key = models.CharField(max_length=100, null=True)

    class Meta:
        db_table = "appointment"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_key"], name="appointment_key_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "starts_at"], name="appointment_by_start"),
            models.Index(
                fields=["workspace", "starts_at"], name="appointment_ahead", condition=Q(state="booked")
            ),
        ]


class Call(Tenant):
    """One call that was made: the log."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField()
    seconds = models.IntegerField(default=0)
    result = models.CharField(max_length=20)
    note = models.TextField(default="")
    appointment = models.ForeignKey(Appointment, null=True, on_delete=models.SET_NULL, related_name="+")
    external_key = models.CharField(max_length=100, null=True)

    class Meta:
        db_table = "call"
        constraints = [models.UniqueConstraint(fields=["workspace", "external_key"], name="call_key_once")]
        indexes = [models.Index(fields=["workspace", "-at"], name="call_newest")]
