from __future__ import annotations

from django.urls import path

from tabiji.web.journeys import (
    views_broadcasts,
    views_edit,
    views_list,
    views_page,
    views_sending,
    views_start,
)

workspace_urlpatterns = [
    path("journeys/", views_list.journeys, name="journeys"),
    path("journeys/new/", views_list.new, name="journeys-new"),
    path("journeys/mails/<int:mail_id>/", views_page.mail, name="journeys-mail"),
    path("journeys/<int:journey_id>/", views_page.detail, name="journeys-detail"),
    path("journeys/<int:journey_id>/draft/", views_page.draft, name="journeys-draft"),
    path("journeys/<int:journey_id>/edit/", views_edit.edit, name="journeys-edit"),
    path("journeys/<int:journey_id>/header/", views_start.header, name="journeys-header"),
    path("journeys/<int:journey_id>/people/", views_page.people, name="journeys-people"),
    path("journeys/<int:journey_id>/start/", views_start.start, name="journeys-start"),
    path("journeys/<int:journey_id>/drain/", views_start.drain, name="journeys-drain"),
    path("journeys/<int:journey_id>/resume/", views_start.resume, name="journeys-resume"),
    path("journeys/<int:journey_id>/retry/", views_start.retry, name="journeys-retry"),
    path("journeys/<int:journey_id>/step/<str:card>/", views_page.step, name="journeys-step"),
    path("broadcasts/", views_broadcasts.broadcast_list, name="broadcasts"),
    path("broadcasts/new/", views_broadcasts.new, name="broadcasts-new"),
    path("broadcasts/count/", views_broadcasts.count, name="broadcasts-count"),
    path("broadcasts/<int:broadcast_id>/", views_broadcasts.detail, name="broadcasts-detail"),
    path("broadcasts/<int:broadcast_id>/edit/", views_broadcasts.edit, name="broadcasts-edit"),
    path("broadcasts/<int:broadcast_id>/test/", views_broadcasts.test, name="broadcasts-test"),
    path("broadcasts/<int:broadcast_id>/send/", views_broadcasts.send, name="broadcasts-send"),
    path("broadcasts/<int:broadcast_id>/cancel/", views_broadcasts.cancel, name="broadcasts-cancel"),
    path("broadcasts/<int:broadcast_id>/progress/", views_broadcasts.progress, name="broadcasts-progress"),
    path("sending/", views_sending.status, name="sending"),
    path("sending/stop/", views_sending.stop, name="sending-stop"),
    path("sending/why/", views_sending.explain, name="sending-why"),
    path("sending/allow/", views_sending.allow, name="sending-allow"),
    path("sending/<int:message_id>/settle/", views_sending.settle, name="sending-settle"),
]
