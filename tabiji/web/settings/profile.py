"""Oneself: name, language, and what protects the sign-in."""

from __future__ import annotations

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from tabiji.web.settings.entering import LANGUAGES, LineField
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import ROLE_NAMES, members


class ProfileForm(forms.Form):
    name = LineField(label=pgettext_lazy("colleague", "Name"), max_length=100)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)


@page()
def index(request: WorkspaceRequest) -> HttpResponse:
    own = members.sign_ins()[request.actor.user_id]
    form = ProfileForm(request.POST or None, initial={"name": request.actor.name, "language": own.language})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        members.change_profile(
            request.actor.user_id, name=said["name"], language=said["language"], actor=request.actor
        )
        with override(said["language"]):
            flashes.success(request, _("Saved."))
        return redirect("profile", request.workspace.slug)
    context = {
        "form": form,
        "email": getattr(request.user, "email", ""),
        "role": ROLE_NAMES[request.actor.role],
        "sign_in": own,
    }
    return render(request, "settings/profile.html", context, status=422 if form.is_bound else 200)
