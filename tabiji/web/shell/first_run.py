"""The first minutes of an empty installation: one workspace and the admin who made it.

`tabiji up` and `tabiji migrate` print the address. It is signed with the installation's own key, and works only until
somebody can sign in.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

import psycopg
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tabiji.core import crypto, postgres
from tabiji.workspaces.public import Role, keys, members, workspace


def link() -> str:
    """The address to begin at, or an empty string once somebody can sign in."""
    if members.is_anybody_there():
        return ""
    return str(settings.PUBLIC_URL).rstrip("/") + reverse("first-run", args=[crypto.sign("first_run", 1)])


class FirstRunForm(forms.Form):
    """What a workspace cannot be without."""

    company = forms.CharField(label=_("Company name"), max_length=100)
    slug = forms.CharField(
        label=_("Short name in addresses"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens, such as tanomoa."),
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9-]*\Z", _("Small letters, digits and hyphens only."))],
    )
    zone = forms.CharField(
        label=_("Time zone"), initial="Asia/Tokyo", help_text=_("For example Asia/Tokyo or Europe/Berlin.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("ja", "日本語"), ("en", "English")])
    name = forms.CharField(label=_("Your name"), max_length=100)
    email = forms.EmailField(label=_("Your mail address"))
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters."),
    )

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]).strip()
        if zone not in zoneinfo.available_timezones():
            raise ValidationError(_("There is no time zone of this name."))
        return zone

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("password"):
            like = {"email": said.get("email", ""), "name": said.get("name", "")}
            for why in members.fits(said["password"], **like):
                self.add_error("password", why)
        return said


def first_run(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, make, sign in. 404 for a wrong link, and for every link once there is a user."""
    try:
        crypto.read("first_run", token)
    except crypto.BadToken as error:
        raise Http404 from error
    if members.is_anybody_there():
        raise Http404
    form = FirstRunForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})
    if request.method == "POST" and form.is_valid():
        try:
            user_id = _make(form.cleaned_data)
        except (IntegrityError, psycopg.errors.UniqueViolation):
            form.add_error("slug", _("This name is taken."))
        else:
            login(
                request, get_user_model().objects.get(pk=user_id), backend=settings.AUTHENTICATION_BACKENDS[0]
            )
            return redirect("home", form.cleaned_data["slug"])
    return render(request, "shell/first_run.html", {"form": form}, status=422 if form.errors else 200)


@transaction.atomic
def _make(said: dict[str, Any]) -> int:
    postgres.execute("SELECT pg_advisory_xact_lock(hashtext('first_run'))", [])
    if members.is_anybody_there():
        raise Http404  # two browsers at once: the first one made it
    made = workspace.create(
        said["slug"], name=said["company"], timezone=said["zone"], language=said["language"]
    )
    user_id = members.create_user(
        said["email"], name=said["name"], password=said["password"], language=said["language"]
    )
    with postgres.workspace_scope(made.id):
        members.join(user_id, Role.ADMIN)
        keys.create_write_key(str(pgettext_lazy("write key", "Web site")), actor=members.get_actor(user_id))
    return user_id
