"""Edits of a draft: one address for the canvas (which gets fragments back) and the outline (plain forms)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.audiences.public import conditions
from tabiji.core.registry import Unknown
from tabiji.journeys.public import drafts, editing, versions
from tabiji.journeys.public import graph as graphs
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Line, Where
from tabiji.web.journeys import entries, screen, seen, step_forms, views_page, words
from tabiji.web.journeys.drawing import ENTRY, GOAL
from tabiji.web.journeys.screen import JourneyScreen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, members


@dataclass
class Edit:
    """One edit on its way: what came in, and what it comes to. is_redrawn: the drawer is drawn anew."""

    post: Mapping[str, str]
    graph: graphs.Graph
    where: Where
    used: list[str]
    running: graphs.Graph | None
    """The version that runs."""
    selected: str = ""
    is_redrawn: bool = False
    is_removal: bool = False
    said: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[int, Line] = field(default_factory=dict)
    """By arm, the lines of a condition as they are being written: what is not finished is not lost."""


class Outdated(RuntimeError):
    """The form is older than what it would change."""


@require_POST
@page(Permission.EDIT_JOURNEYS)
def edit(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """Apply one edit (`act`) to the draft; answers with what became different on the page."""
    shown = screen.of(request, journey_id, is_draft=True)
    post = request.POST.dict()
    act = str(post.get("act", ""))
    asked = Edit(
        {name: str(value) for name, value in post.items()},
        shown.graph,
        shown.where,
        [node["id"] for one in shown.versions for node in one.graph["nodes"]],
        graphs.parse(shown.versions[0].graph) if shown.versions else None,
        selected=str(post.get("card", "")),
        is_redrawn="redraw" in post or act == "insert",
    )
    try:
        if act in ("undo", "redo"):
            _step_back(shown, act)
        else:
            changed = _apply(act, asked)
            drafts.save(journey_id, changed, actor=request.actor, revision=_revision(shown, asked.post))
    except versions.SavedByAnother:
        return _answer(request, journey_id, asked, status=409, said=_taken(journey_id), is_taken=True)
    except Outdated:
        return _answer(
            request, journey_id, asked, status=409, said=_("This was changed meanwhile: open the step again.")
        )
    except drafts.NothingToUndo:
        return _answer(
            request, journey_id, asked, status=422, said=str(words.REFUSED_EDITS["nothing_to_undo"])
        )
    except editing.CannotEdit as refusal:
        return _answer(request, journey_id, asked, status=422, said=str(words.REFUSED_EDITS[refusal.code]))
    except (entries.BadEntry, conditions.BadCondition, graphs.BadGraph) as error:
        return _answer(request, journey_id, asked, status=422, said=_why(error))
    except step_forms.BadSettings as error:
        asked.errors = error.errors
        return _answer(request, journey_id, asked, status=422, said=" ".join(error.errors.values()))
    except Unknown:
        return _answer(request, journey_id, asked, status=422, said=str(words.REFUSED_EDITS["bad_settings"]))
    return _answer(request, journey_id, asked)


def _apply(act: str, asked: Edit) -> graphs.Graph:
    if act not in _ACTS:
        raise editing.CannotEdit("bad_settings")
    return _ACTS[act](asked)


def _insert(asked: Edit) -> graphs.Graph:
    kind = asked.post.get("type", "")
    config: dict[str, Any] | None = None
    if kind == "branch":
        config = {"arms": [{"port": "yes", "condition": condition_rows.beginning(asked.where)}]}
    if kind == "send" and asked.post.get("mail_id", "").isdecimal():
        config = {"mail_id": int(asked.post["mail_id"])}
    changed, asked.selected = editing.insert(
        asked.graph,
        source=_source(asked.post),
        port=asked.post.get("port", ""),
        type=kind,
        config=config,
        used=asked.used,
    )
    return changed


def _remove(asked: Edit) -> graphs.Graph:
    before = len(asked.graph.nodes)
    changed = editing.remove(asked.graph, asked.selected)
    gone = before - len(changed.nodes)
    asked.said = (
        _("Removed") if gone == 1 else _("Removed, with %(more)d steps after it") % {"more": gone - 1}
    )
    asked.selected = ""
    asked.is_removal, asked.is_redrawn = True, False
    return changed


def _move(asked: Edit) -> graphs.Graph:
    source, _colon, port = asked.post.get("to", "").partition(":")
    return editing.move(
        asked.graph, asked.selected, source=editing.START if source == ENTRY else source, port=port
    )


def _connect(asked: Edit) -> graphs.Graph:
    return editing.connect(
        asked.graph,
        source=_source(asked.post),
        port=asked.post.get("port", ""),
        target=asked.post.get("target", ""),
    )


def _configure(asked: Edit) -> graphs.Graph:
    asked.is_redrawn = bool(asked.post.get("do"))
    if asked.post.get("seen") != seen.of(asked.graph, asked.selected):
        raise Outdated
    if asked.selected == ENTRY:
        return _configure_entry(asked)
    changed = asked.graph
    if "goal" in asked.post:
        changed = editing.set_goal(changed, asked.post["goal"])
    if asked.selected == GOAL:
        return changed
    node = next((one for one in changed.nodes if one.id == asked.selected), None)
    if node is None:
        raise editing.CannotEdit("no_such_step")
    asked.typed = step_forms.typed(node, asked.post, asked.where)
    try:
        config = step_forms.read(node, asked.post, asked.where, asked.typed)
    except step_forms.BadSettings:
        if _is_writing(asked):  # nothing is kept yet, and nothing is wrong: the lines are drawn as they stand
            return changed
        raise
    return editing.configure(changed, node.id, _redrawn(asked, node.type, config))


def _is_writing(asked: Edit) -> bool:
    """Whether a condition is on its way: a line, or a part of one, comes, goes or turns."""
    return asked.post.get("do", "").partition(":")[0] in ("turn", *condition_rows.ACTS)


def _redrawn(asked: Edit, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """The settings after what a button of the form does: an arm more or less."""
    does, _colon, arm = asked.post.get("do", "").partition(":")
    match does:
        case "add_arm":
            return step_forms.with_arm(config, kind, asked.where)
        case "remove_arm" if arm.isdecimal():
            return step_forms.without_arm(config, int(arm))
    return config


def _configure_entry(asked: Edit) -> graphs.Graph:
    found, reentry = entries.read(asked.post)
    does, _colon, argument = asked.post.get("do", "").partition(":")
    if does == "add_entry":
        found = entries.with_row(editing.set_entries(asked.graph, found, reentry), argument)
    elif does == "remove_entry" and argument.isdecimal():
        found = [one for place, one in enumerate(found) if place != int(argument)]
    return editing.set_entries(asked.graph, found, reentry)


def _reset(asked: Edit) -> graphs.Graph:
    """Begin again from the version that runs; one edit, which can be undone."""
    if asked.running is None:
        raise editing.CannotEdit("bad_settings")
    return asked.running


_ACTS: Final[dict[str, Callable[[Edit], graphs.Graph]]] = {
    "insert": _insert,
    "remove": _remove,
    "move": _move,
    "move_up": lambda asked: editing.move_up(asked.graph, asked.selected),
    "move_down": lambda asked: editing.move_down(asked.graph, asked.selected),
    "connect": _connect,
    "configure": _configure,
    "reset": _reset,
}


def _step_back(shown: JourneyScreen, act: str) -> None:
    go = drafts.undo if act == "undo" else drafts.redo
    post = {name: str(value) for name, value in shown.request.POST.items()}
    go(shown.journey.id, actor=shown.request.actor, revision=_revision(shown, post))


def _revision(shown: JourneyScreen, post: Mapping[str, str]) -> int:
    """The revision that this edit builds on. Edits say what they change, so a colleague's own older page
    may still make them; another colleague's newer draft may not be written over."""
    stated = post.get("revision", "")
    is_own = shown.journey.draft_saved_by in (None, shown.request.actor.user_id)
    if is_own:
        return shown.journey.draft_revision
    return int(stated) if stated.isdecimal() else -1


def _source(post: Mapping[str, str]) -> str:
    source = post.get("source", "")
    return editing.START if source == ENTRY else source


def _answer(
    request: WorkspaceRequest,
    journey_id: int,
    asked: Edit,
    *,
    status: int = 200,
    said: str = "",
    is_taken: bool = False,
) -> HttpResponse:
    shown = screen.of(request, journey_id, is_draft=True)
    if not is_fragment(request):
        return _go_on(request, journey_id, asked, status, said)
    shown.is_taken = is_taken
    context: dict[str, object] = {
        "screen": shown,
        "status": status,
        "said": said or asked.said,
        "selected": asked.selected,
        "palette": views_page.palette(),
        "is_removal": asked.is_removal,
        "is_redrawn": asked.is_redrawn,
    }
    in_drawer = bool(asked.selected) and asked.selected in shown.drawing.cards
    if in_drawer:
        errors = asked.errors or ({"step": said} if said and asked.is_redrawn else {})
        context |= {
            **views_page.drawer(shown, asked.selected, errors=errors, typed=asked.typed),
            "in_drawer": True,
        }
    name = "journeys/redrawn.html" if asked.is_redrawn and in_drawer else "journeys/edited.html"
    response = render(request, name, context, status=status)
    if asked.post.get("act") == "insert" and in_drawer:
        address = reverse("journeys-draft", args=[request.workspace.slug, journey_id])
        response.headers["HX-Push-Url"] = address + shown.query(step=asked.selected)
    return response


def _go_on(request: WorkspaceRequest, journey_id: int, asked: Edit, status: int, said: str) -> HttpResponse:
    """Without a script: back to the page, with the step open."""
    address = reverse("journeys-draft", args=[request.workspace.slug, journey_id])
    if status == 200:
        step = f"?step={asked.selected}" if asked.selected and not asked.post.get("stay") else ""
        return redirect(address + step)
    shown = screen.of(request, journey_id, is_draft=True)
    context: dict[str, object] = {"screen": shown, "palette": views_page.palette(), "refused": said}
    if asked.selected in shown.drawing.cards:
        context |= views_page.drawer(shown, asked.selected, errors=asked.errors, typed=asked.typed)
    return render(request, "journeys/journey.html", context, status=status)


def _taken(journey_id: int) -> str:
    editor = drafts.editor(journey_id)
    name = members.names().get(editor or 0, "")
    if not name:
        return _("Somebody else has changed this draft: load the page again.")
    return _("%(name)s is editing this draft: you are reading it.") % {"name": name}


def _why(error: Exception) -> str:
    if isinstance(error, conditions.BadCondition):
        return error.why
    return str(words.REFUSED_EDITS["bad_settings"]) if isinstance(error, graphs.BadGraph) else str(error)
