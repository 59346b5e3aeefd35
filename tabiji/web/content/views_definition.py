"""What mails, pages and forms share: their header, putting away, and who writes at the foot of mails."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.content.public import brand, mails
from tabiji.pages.public import forms as public_forms
from tabiji.pages.public import landing
from tabiji.web.content import header
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions


@page(Permission.EDIT_CONTENT)
def change(request: WorkspaceRequest, definition_id: int, kind: str) -> HttpResponse:
    """Name, why, who is responsible, when to look again."""
    shown = header.of(request, kind, definition_id, _version(kind, definition_id))
    info = shown.definition
    initial = {
        "name": info.name,
        "why": info.why,
        "responsible": info.responsible_id,
        "review_on": info.review_on,
    }
    form = header.HeaderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        definitions.update(
            definition_id,
            actor=request.actor,
            name=said["name"],
            why=said["why"],
            responsible_id=said["responsible"] or None,
            review_on=said["review_on"],
        )
        return redirect(shown.detail_name, request.workspace.slug, definition_id)
    context = {"header": shown, "form": form}
    return render(request, "content/header_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(Permission.EDIT_CONTENT)
def put_away(request: WorkspaceRequest, definition_id: int, kind: str) -> HttpResponse:
    """Out of the lists, and back again (`back=1`): nothing is lost."""
    version = _version(kind, definition_id)
    place = header.PLACES[kind]
    if request.POST.get("back"):
        definitions.update(definition_id, actor=request.actor, state="published" if version else "draft")
        messages.success(request, _("It is back in the list."))
    else:
        definitions.update(definition_id, actor=request.actor, state="archived")
        messages.success(request, _("It was put away: take it out again whenever you like."))
    return redirect(f"{place}-detail", request.workspace.slug, definition_id)


@page(Permission.EDIT_CONTENT)
def sender(request: WorkspaceRequest) -> HttpResponse:
    """Who writes: what stands at the foot of every mail and page, and their colours."""
    kit = brand.get()
    initial = {name: getattr(kit, name) for name in BrandForm.base_fields}
    form = BrandForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            brand.change(actor=request.actor, **form.cleaned_data)
        except brand.BadBrand as refused:
            form.add_error(refused.field, str(_REFUSED.get(refused.why, refused.why)))
        else:
            messages.success(request, _("Saved. It stands under every mail from now on, old versions too."))
            return redirect("mails-brand", request.workspace.slug)
    return render(request, "content/brand.html", {"form": form}, status=422 if form.errors else 200)


class BrandForm(forms.Form):
    """The brand kit."""

    company = forms.CharField(label=gettext_lazy("Company name"), max_length=200, required=False)
    sender_name = forms.CharField(
        label=gettext_lazy("Sender's name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example the department or the service."),
    )
    address = forms.CharField(label=gettext_lazy("Postal address"), max_length=200, required=False)
    contact = forms.CharField(
        label=gettext_lazy("Contact for questions"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("A mail address or a phone number."),
    )
    policy_url = forms.CharField(
        label=gettext_lazy("Address of the privacy policy"), max_length=200, required=False
    )
    logo_text = forms.CharField(label=gettext_lazy("Logo in words"), max_length=200, required=False)
    logo_url = forms.CharField(
        label=gettext_lazy("Address of the logo’s image (may stay empty)"), max_length=200, required=False
    )
    main_colour = forms.CharField(
        label=gettext_lazy("Colour of buttons"),
        widget=forms.TextInput(attrs={"type": "color"}),
        required=False,
    )
    deep_colour = forms.CharField(
        label=gettext_lazy("Colour of buttons under the pointer"),
        widget=forms.TextInput(attrs={"type": "color"}),
        required=False,
    )
    ground_colour = forms.CharField(
        label=gettext_lazy("Colour of the ground of mails"),
        widget=forms.TextInput(attrs={"type": "color"}),
        required=False,
    )


_REFUSED = {
    "too_long": gettext_lazy("This is too long."),
    "not_a_colour": gettext_lazy("This is not a colour."),
    "too_light": gettext_lazy("White words on this colour could not be read: choose a darker one."),
    "not_an_address": gettext_lazy("This is not a web address: begin with https://."),
}


def _version(kind: str, definition_id: int) -> int:
    """The number of the version in use. Raises NoSuch… for what is not here."""
    if kind == "mail":
        return mails.get(definition_id).version
    return public_forms.get(definition_id).version if kind == "form" else landing.get(definition_id).version
