"""Tables of the room: drafts and published versions of forms and pages, and what was submitted."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tabiji.workspaces.models import Definition, Tenant, User


class PublicDraft(Tenant):
    """The draft of a form or page; its header is the definition of the same id."""

    definition = models.OneToOneField(
        Definition, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=60)
    language = models.CharField(max_length=5, default="ja")
    document = models.JSONField(default=dict)
    revision = models.IntegerField(default=1)
    version = models.ForeignKey("PublicVersion", null=True, on_delete=models.PROTECT, related_name="+")
    published_revision = models.IntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "public_draft"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "key"], name="public_draft_key_once")
        ]


class PublicVersion(Tenant):
    """What was published. Append-only by trigger: it is the evidence of what people agreed to."""

    draft = models.ForeignKey(PublicDraft, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=5)
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "public_version"
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="public_version_once")]


class FormSubmission(Tenant):
    """One sent form. `trapped` ones were a machine's: kept without answers, for the limits and the count."""

    form_id = models.BigIntegerField()
    form_version = models.ForeignKey(PublicVersion, on_delete=models.PROTECT, related_name="+")
    page_id = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10)
    submitted_at = models.DateTimeField()
    nonce = models.BigIntegerField(null=True)
    """Of the ticket: one ticket, one submission."""
    digest = models.BinaryField()
    """Of the answers, to tell a second click from a second thought."""
    answers = models.JSONField(default=dict)
    consents = models.JSONField(default=list)
    url = models.TextField(default="")
    utm = models.JSONField(default=dict)
    address_hash = models.BinaryField()
    email_hash = models.BinaryField(null=True)

    class Meta:
        db_table = "form_submission"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "nonce"],
                name="form_submission_once",
                condition=models.Q(nonce__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "form_id", "-submitted_at"], name="submission_by_form"),
            models.Index(fields=["workspace", "address_hash", "-submitted_at"], name="submission_by_address"),
            models.Index(fields=["workspace", "email_hash", "-submitted_at"], name="submission_by_email"),
        ]
