"""Tables of the room: score models and their versions, the score ledger, stages."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tabiji.people.models import Person
from tabiji.workspaces.models import Definition, Tenant, User


class ScoreModel(Tenant):
    key = models.CharField(max_length=40)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    draft = models.JSONField(null=True)

    class Meta:
        db_table = "score_model"
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="score_model_once")]


class ScoreVersion(Tenant):
    """A published document. Never changed: the highest number counts."""

    model = models.ForeignKey(ScoreModel, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "score_version"
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="score_version_once")]


class ScoreEntry(Tenant):
    """Points given once. `slot` is what a rule gives points for at most once: a day, a mail, a person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    slot = models.CharField(max_length=255)
    cause = models.CharField(max_length=255)
    points = models.IntegerField()
    act_at = models.DateTimeField()
    """When the act happened."""
    at = models.DateTimeField()
    """When it began to count."""
    version = models.IntegerField()
    label = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, default="")
    actor = models.CharField(max_length=60)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "score_entry"
        constraints = [
            models.UniqueConstraint(fields=["person", "model", "rule", "slot"], name="score_slot_once"),
            models.UniqueConstraint(fields=["person", "model", "rule", "cause"], name="score_cause_once"),
        ]


class PersonScore(Tenant):
    """Where a person stands in one model, and whether reaching its threshold would count (again)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=40)
    score = models.IntegerField(default=0)
    armed = models.BooleanField(default=True)
    armed_from = models.DateTimeField(null=True)
    crossed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "person_score"
        constraints = [models.UniqueConstraint(fields=["person", "model"], name="person_score_once")]


class StageModel(Tenant):
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    draft = models.JSONField(null=True)

    class Meta:
        db_table = "stage_model"
        constraints = [models.UniqueConstraint(fields=["workspace"], name="stage_model_once")]


class StageVersion(Tenant):
    """A published row of stages. Never changed: the highest number counts."""

    number = models.IntegerField()
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "stage_version"
        constraints = [models.UniqueConstraint(fields=["workspace", "number"], name="stage_version_once")]


class PersonStage(Tenant):
    """Since when a person stands where `person.stage` says, and under which version that was judged."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+", primary_key=True)
    stage = models.CharField(max_length=40)
    since = models.DateTimeField()
    version = models.IntegerField()

    class Meta:
        db_table = "person_stage"


class StageSweep(Tenant):
    """When time is let move people next, in business time; null while no rule moves with time.

    judged_at: when that was done last; null after a publication: everybody is judged, `position` is
    how far that has come.
    """

    due_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    position = models.UUIDField(null=True)

    class Meta:
        db_table = "stage_sweep"
        constraints = [models.UniqueConstraint(fields=["workspace"], name="stage_sweep_once")]
        indexes = [models.Index(fields=["due_at"], name="stage_sweep_due")]
