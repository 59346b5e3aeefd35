from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.sales import (
    views_appointments,
    views_calls,
    views_deals,
    views_hand_overs,
    views_stop,
    views_tasks,
    views_team,
)

workspace_urlpatterns: list[URLPattern] = [
    path("hand-overs/", views_hand_overs.index, name="hand_overs"),
    path("hand-overs/<int:hand_over_id>/", views_hand_overs.detail, name="hand_overs-detail"),
    path("hand-overs/<int:hand_over_id>/accept/", views_hand_overs.accept, name="hand_overs-accept"),
    path("hand-overs/<int:hand_over_id>/return/", views_hand_overs.return_, name="hand_overs-return"),
    path("hand-overs/<int:hand_over_id>/give/", views_hand_overs.give, name="hand_overs-give"),
    path("hand-overs/new/<uuid:person_id>/", views_hand_overs.new, name="hand_overs-new"),
    path("tasks/", views_tasks.index, name="tasks"),
    path("tasks/new/", views_tasks.new, name="tasks-new"),
    path("tasks/<int:task_id>/", views_tasks.detail, name="tasks-detail"),
    path("tasks/<int:task_id>/done/", views_tasks.done, name="tasks-done"),
    path("tasks/<int:task_id>/open/", views_tasks.reopen, name="tasks-open"),
    path("calls/<uuid:person_id>/", views_calls.log, name="tasks-call"),
    path("deals/", views_deals.index, name="deals"),
    path("deals/new/", views_deals.new, name="deals-new"),
    path("deals/<int:deal_id>/", views_deals.detail, name="deals-detail"),
    path("deals/<int:deal_id>/move/", views_deals.move, name="deals-move"),
    path("deals/<int:deal_id>/win/", views_deals.win, name="deals-win"),
    path("deals/<int:deal_id>/lose/", views_deals.lose, name="deals-lose"),
    path("deals/<int:deal_id>/reopen/", views_deals.reopen, name="deals-reopen"),
    path("appointments/", views_appointments.index, name="appointments"),
    path("appointments/new/", views_appointments.new, name="appointments-new"),
    path("appointments/<int:appointment_id>/", views_appointments.detail, name="appointments-detail"),
    path("appointments/<int:appointment_id>/settle/", views_appointments.settle, name="appointments-settle"),
    path("team/", views_team.index, name="team"),
    path("team/give/", views_team.give, name="team-give"),
    path("team/rules/", views_team.rules, name="team-rules"),
    path("people/<uuid:person_id>/stop/", views_stop.stop, name="people-stop"),
    path("people/<uuid:person_id>/resume/", views_stop.resume, name="people-resume"),
]
