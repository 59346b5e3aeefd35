"""From a ticked box to the ledger of consent, once it is known whose box it was."""

from __future__ import annotations

from collections.abc import Iterator

from tabiji.core import facts
from tabiji.core.facts import Batch, Event
from tabiji.pages import forms
from tabiji.people.contracts import Basis, ConsentAct
from tabiji.people.public import consent


class FormConsents:
    """Consumer. Only our own form inlet is believed: a visitor's event of that name is not."""

    name = "people"

    def consume(self, batch: Batch) -> None:
        acts = [act for event in batch.events for act in _acts(event)]
        consent.record(acts, actor=facts.PERSON)


def _acts(event: Event) -> Iterator[ConsentAct]:
    if event.source != forms.SOURCE or event.name != forms.EVENT or event.person_id is None:
        return
    for given in event.props.get("consents") or []:
        yield ConsentAct(
            event.person_id,
            given["channel"],
            given["act"],
            Basis.CONSENT.value,
            event.occurred_at,
            "form",
            {
                "text": given["text"],
                "form_id": event.props["form_id"],
                "form_version": given["form_version"],
                "submission_id": event.props.get("submission_id"),
                "url": event.url,
            },
            given["topic"],
        )


facts.consumers.add(FormConsents.name, FormConsents())
