"""計測タグ・キー: the tag to paste, and the keys of other systems."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Final

from django import forms
from django.conf import settings
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.web.settings.entering import LineField
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission
from tabiji.workspaces.public import keys as workspace_keys

_TAG: Final = (
    "<script>window.tabiji = window.tabiji || []</script>\n"
    '<script async src="{}" data-key="{}" data-host="{}"></script>'
)


class KeyForm(forms.Form):
    name = LineField(label=pgettext_lazy("key", "Name"), max_length=100)


@dataclass(frozen=True, slots=True)
class Tag:
    """A write key with the HTML that a site pastes."""

    key: workspace_keys.KeyInfo
    html: str


@page(Permission.EDIT_MARKETING_SETTINGS)
def index(request: WorkspaceRequest) -> HttpResponse:
    return _index(request)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def new_tag(request: WorkspaceRequest) -> HttpResponse:
    form = KeyForm(request.POST, prefix="tag")
    if not form.is_valid():
        return _index(request, tag_form=form)
    workspace_keys.create_write_key(form.cleaned_data["name"], actor=request.actor)
    flashes.success(request, _("The tag is ready to be pasted."))
    return redirect("keys", request.workspace.slug)


@require_POST
@page(Permission.ADMINISTER)
def new_api(request: WorkspaceRequest) -> HttpResponse:
    """A secret key, on the answer to this request and never again."""
    form = KeyForm(request.POST, prefix="api")
    if not form.is_valid():
        return _index(request, api_form=form)
    info, secret = workspace_keys.create_api_key(form.cleaned_data["name"], actor=request.actor)
    context = {"key": info, "secret": secret, "api": f"{settings.PUBLIC_URL}/api/v1"}
    response = render(request, "settings/key_made.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def revoke(request: WorkspaceRequest, key_id: int) -> HttpResponse:
    found = next((one for one in _keys(request) if one.id == key_id), None)
    if found is None:
        raise workspace_keys.NoSuchKey(f"there is no key {key_id} here")
    workspace_keys.revoke(key_id, actor=request.actor)
    flashes.success(request, _("“%(name)s” opens nothing any more.") % {"name": found.name})
    return redirect("keys", request.workspace.slug)


def _index(
    request: WorkspaceRequest, tag_form: KeyForm | None = None, api_form: KeyForm | None = None
) -> HttpResponse:
    found = _keys(request)
    context = {
        "tags": [Tag(one, tag_of(one.public)) for one in found if one.kind == "write"],
        "api_keys": [one for one in found if one.kind == "api"],
        "tag_form": tag_form or KeyForm(prefix="tag"),
        "api_form": api_form or KeyForm(prefix="api"),
        "collector": settings.COLLECTOR_URL,
        "may_api": request.actor.may(Permission.ADMINISTER),
    }
    return render(request, "settings/keys.html", context, status=422 if tag_form or api_form else 200)


def tag_of(public: str) -> str:
    """The HTML to paste before the end of the head, as text."""
    source = static("dist/sdk/tabiji.js")
    address = source if source.startswith("http") else settings.PUBLIC_URL + source
    return _TAG.format(*(html.escape(part) for part in (address, public, settings.COLLECTOR_URL)))


def _keys(request: WorkspaceRequest) -> list[workspace_keys.KeyInfo]:
    """Those that this colleague may see: secret keys open everything, so they are the admins'."""
    is_admin = request.actor.may(Permission.ADMINISTER)
    return [one for one in workspace_keys.list_keys() if is_admin or one.kind == "write"]
