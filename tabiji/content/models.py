"""Tables of the room: mails with their drafts, and the versions that were published."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tabiji.workspaces.models import Definition, Tenant, User


class Mail(Tenant):
    """The draft of a mail; its header (name, why, responsible person) is the definition of the same id."""

    definition = models.OneToOneField(
        Definition, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    purpose = models.CharField(max_length=20, default="marketing")
    language = models.CharField(max_length=5, default="ja")
    subject = models.TextField(default="")
    preheader = models.TextField(default="")
    document = models.JSONField(default=dict)
    revision = models.IntegerField(default=1)
    """Counts saved drafts: who saves on top of another one is told."""
    version = models.ForeignKey("MailVersion", null=True, on_delete=models.PROTECT, related_name="+")
    published_revision = models.IntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "mail"


class MailVersion(Tenant):
    """What was published. Append-only by trigger."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    subject = models.TextField()
    preheader = models.TextField()
    document = models.JSONField()
    html = models.TextField()
    text = models.TextField()
    links = models.JSONField()
    fields = ArrayField(models.TextField())
    sender = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "mail_version"
        constraints = [models.UniqueConstraint(fields=["mail", "number"], name="mail_version_once")]
