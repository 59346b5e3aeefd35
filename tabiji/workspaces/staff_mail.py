"""An outbox of its own for mail to colleagues, so that a login never waits behind a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from tabiji.workspaces.models import StaffMail


class OutboxBackend(BaseEmailBackend):
    """Django's mail (password reset, login codes) becomes rows that the worker delivers."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [
            StaffMail(to=to, subject=str(mail.subject), body=str(mail.body))
            for mail in email_messages
            for to in mail.recipients()
        ]
        StaffMail.objects.bulk_create(rows)
        return len(email_messages)
