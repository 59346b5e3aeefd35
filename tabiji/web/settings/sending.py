"""送信ドメイン: as whom and by which server mails leave, how they are signed, how often and when they may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.core.validators import RegexValidator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.content.contracts import RenderedMail
from tabiji.messaging.public import domains, limits, sending, standing, stopping
from tabiji.web.settings.entering import LineField, TimeInput
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_HOST: Final = RegexValidator(
    re.compile(r"^(?:(?!-)[\w-]{1,63}\.)*(?!-)[\w-]{1,63}$|^[0-9a-fA-F:]{2,45}$"),
    gettext_lazy("Write a host name such as smtp.example.com."),
)
_DOMAIN: Final = RegexValidator(
    re.compile(r"^(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"),
    gettext_lazy("Write a domain such as aoba.example."),
)
_SELECTOR: Final = RegexValidator(
    re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"),
    gettext_lazy("Letters a to z, digits and hyphens."),
)
SECURITY: Final = (
    ("starttls", gettext_lazy("STARTTLS (port 587)")),
    ("tls", gettext_lazy("TLS from the start (port 465)")),
    ("none", gettext_lazy("None (only inside your own network)")),
)


ALGORITHMS: Final = (
    ("rsa-sha256", gettext_lazy("RSA, 2,048 bits: every receiver can check it")),
    ("ed25519-sha256", gettext_lazy("Ed25519: twenty times quicker to sign, not checked everywhere yet")),
)


@dataclass(frozen=True, slots=True)
class DnsLine:
    """A record to publish. why: what it does."""

    kind: str
    name: str
    value: str
    why: str


class SenderForm(forms.Form):
    """Who the mail is from."""

    from_name = LineField(label=gettext_lazy("Sender's name"), max_length=100)
    from_address = forms.EmailField(label=gettext_lazy("Sender's mail address"), max_length=254)
    reply_to = forms.EmailField(
        label=gettext_lazy("Replies go to"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Empty: to the sender's address."),
    )
    bounce_domain = LineField(
        label=gettext_lazy("Domain for returned mails"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example bounce.aoba.example. Empty: the domain of the sender's address."),
    )

    def clean_bounce_domain(self) -> str:
        text: str = self.cleaned_data["bounce_domain"].strip().lower()
        if text:
            _DOMAIN(text)
        return text


class ServerForm(SenderForm):
    """With the server that takes the mails over. A practice workspace has its own and is not asked."""

    host = LineField(label=gettext_lazy("SMTP server"), max_length=253)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535)
    security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=SECURITY)
    username = LineField(label=gettext_lazy("User name"), max_length=200, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept sealed and never shown. Empty: the one that stands."),
    )
    connections = forms.IntegerField(
        label=gettext_lazy("Connections at once"),
        min_value=1,
        max_value=50,
        help_text=gettext_lazy("As many as your provider allows; 5 is a good start."),
    )

    def clean_host(self) -> str:
        text: str = self.cleaned_data["host"].strip()
        _HOST(text)
        return text


class DkimForm(forms.Form):
    domain = LineField(label=gettext_lazy("Domain"), max_length=200)
    selector = LineField(
        label=gettext_lazy("Name of the key (selector)"),
        max_length=63,
        help_text=gettext_lazy("A new name for each new key."),
    )
    algorithm = forms.ChoiceField(
        label=gettext_lazy("Kind of key"),
        choices=ALGORITHMS,
        help_text=gettext_lazy(
            "RSA unless a mail server of your own signs once more, or you know all receivers."
        ),
    )

    def clean_domain(self) -> str:
        text: str = self.cleaned_data["domain"].strip().lower()
        _DOMAIN(text)
        return text

    def clean_selector(self) -> str:
        text: str = self.cleaned_data["selector"].strip().lower()
        _SELECTOR(text)
        return text


class LimitsForm(forms.Form):
    messages = forms.IntegerField(label=gettext_lazy("Mails to one person"), min_value=0, max_value=1_000)
    days = forms.IntegerField(label=gettext_lazy("within"), min_value=1, max_value=366)
    starts = forms.TimeField(label=pgettext_lazy("time", "From"), widget=TimeInput())
    ends = forms.TimeField(label=pgettext_lazy("time", "Until"), widget=TimeInput())


@page(Permission.ADMINISTER)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Sender and server, and below them what hangs on these."""
    found = _find()
    kind = SenderForm if request.workspace.is_practice else ServerForm
    form = kind(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        _save(request, form.cleaned_data, found)
        flashes.success(request, _("Saved. Send yourself a test."))
        return redirect("sending_domain", request.workspace.slug)
    return _index(request, found, form=form)


@require_POST
@page(Permission.ADMINISTER)
def limits_form(request: WorkspaceRequest) -> HttpResponse:
    form = LimitsForm(request.POST, prefix="limits")
    if not form.is_valid():
        return _index(request, _find(), limits_form=form)
    limits.change(limits.Limits(**form.cleaned_data), actor=request.actor)
    flashes.success(request, _("Saved. It holds for every mail from now on."))
    return redirect("sending_domain", request.workspace.slug)


@require_POST
@page(Permission.ADMINISTER)
def dkim(request: WorkspaceRequest) -> HttpResponse:
    """A new key; mails are signed with it at once."""
    form = DkimForm(request.POST, prefix="dkim")
    found = domains.get()
    if form.is_valid():
        try:
            domains.make_dkim_key(actor=request.actor, **form.cleaned_data)
        except domains.BadDkimName:
            form.add_error("domain", _("No DNS record can stand under this name."))
        else:
            flashes.success(
                request, _("The key is made. Publish its record now: until then receivers cannot check it.")
            )
            return redirect("sending_domain", request.workspace.slug)
    return _index(request, found, dkim_form=form)


@require_POST
@page(Permission.ADMINISTER)
def test(request: WorkspaceRequest) -> HttpResponse:
    """A mail to oneself by this server, with what the server answered."""
    address = str(getattr(request.user, "email", ""))
    said, is_good = _test(request, address)
    (flashes.success if is_good else flashes.error)(request, said)
    return redirect("sending_domain", request.workspace.slug)


def _index(
    request: WorkspaceRequest,
    found: domains.SendingDomain | None,
    *,
    form: forms.Form | None = None,
    dkim_form: DkimForm | None = None,
    limits_form: LimitsForm | None = None,
) -> HttpResponse:
    kind = SenderForm if request.workspace.is_practice else ServerForm
    shown = form or kind(initial=_initial(found))
    forms_shown = (shown, dkim_form, limits_form)
    context = {
        "domain": found,
        "form": shown,
        "dkim_form": dkim_form or DkimForm(prefix="dkim", initial=_dkim_initial(found)),
        "limits_form": limits_form or LimitsForm(prefix="limits", initial=_limits_initial()),
        "limits": limits.current(),
        "records": _records(found),
        "address": str(getattr(request.user, "email", "")),
        "is_sending": standing.is_busy(request.now),
        "is_stopped": stopping.is_stopped(),
    }
    is_bound = any(one is not None and one.is_bound for one in forms_shown)
    return render(request, "settings/sending_domain.html", context, status=422 if is_bound else 200)


def _find() -> domains.SendingDomain | None:
    try:
        return domains.get()
    except domains.NoSendingDomain:
        return None


def _save(request: WorkspaceRequest, said: dict[str, Any], found: domains.SendingDomain | None) -> None:
    if request.workspace.is_practice:
        said = {
            **said,
            "host": domains.PRACTICE_HOST,
            "port": domains.PRACTICE_PORT,
            "security": "none",
            "connections": found.connections if found else 5,
        }
    domains.save(actor=request.actor, **{**said, "password": said.get("password") or None})


def _test(request: WorkspaceRequest, address: str) -> tuple[str, bool]:
    subject = _("A test from %(workspace)s") % {"workspace": request.workspace.name}
    text = _("Sender, server and signature work as far as this mailbox can tell.")
    mail = RenderedMail(subject, f"<!doctype html><title>Tabiji</title><p>{text}</p>", text)
    try:
        delivery = sending.test_copy(mail, address)
    except domains.NotPractice:
        return _("The practice mail server is not running."), False
    if sending.is_sent(delivery):
        values = {"address": address, "said": delivery.text}
        return _("Sent to %(address)s. The server said: %(said)s") % values, True
    return _("The mail server did not take it: %(said)s") % {"said": delivery.text}, False


def _records(found: domains.SendingDomain | None) -> list[DnsLine]:
    """What should stand in the DNS, as far as it is known here."""
    if found is None:
        return []
    lines = []
    record = domains.dns_record()
    if record is not None:
        why = _("DKIM: receivers see that nobody changed the mail, and that it is yours.")
        lines.append(DnsLine("TXT", record.name, record.value, why))
    domain = found.from_address.rpartition("@")[2]
    why = _("DMARC: Gmail and Yahoo take bulk mail only from domains that have one.")
    lines.append(DnsLine("TXT", f"_dmarc.{domain}", "v=DMARC1; p=none", why))
    return lines


def _initial(found: domains.SendingDomain | None) -> dict[str, Any]:
    if found is None:
        return {"port": 587, "security": "starttls", "connections": 5}
    names = (*SenderForm.base_fields, "host", "port", "security", "username", "connections")
    return {name: getattr(found, name) for name in names}


def _dkim_initial(found: domains.SendingDomain | None) -> dict[str, Any]:
    domain = found.from_address.rpartition("@")[2] if found else ""
    number = re.search(r"(\d+)$", found.dkim_selector) if found else None
    following = int(number[1]) + 1 if number else 1 + bool(found and found.has_dkim_key)
    return {"domain": (found and found.dkim_domain) or domain, "selector": f"tabiji{following}"}


def _limits_initial() -> dict[str, Any]:
    kept = limits.current()
    return {"messages": kept.messages, "days": kept.days, "starts": kept.starts, "ends": kept.ends}
