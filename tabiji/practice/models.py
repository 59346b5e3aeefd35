"""The table of the room: mail that the practice mail server has taken in."""

from __future__ import annotations

from django.db import models

from tabiji.workspaces.models import Tenant


class PracticeMail(Tenant):
    """One mail to one recipient, as it came over the wire. Kept for ever: the story is there to be read."""

    at = models.DateTimeField()
    """Business time of the workspace."""
    kind = models.CharField(max_length=10)
    """`customer`, `test` (a copy that a colleague sent to try a mail), `staff` (login, notices)."""
    message_id = models.BigIntegerField(null=True)
    person_id = models.UUIDField(null=True)
    envelope_from = models.TextField()
    rcpt = models.TextField()
    sender = models.TextField()
    subject = models.TextField()
    wire = models.BinaryField()
    """Compressed (zlib) bytes as received."""
    is_read = models.BooleanField(default=False)

    class Meta:
        db_table = "practice_mail"
        indexes = [
            models.Index(fields=["workspace", "kind", "-id"], name="practice_mail_newest"),
            models.Index(fields=["workspace", "person_id", "-id"], name="practice_mail_of_person"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["customer", "test", "staff"]), name="practice_mail_kind"
            )
        ]
