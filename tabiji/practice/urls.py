from __future__ import annotations

from django.urls import path

from tabiji.practice import views_mail, views_site, views_time

urlpatterns = [
    path("site/<slug:slug>/<path:path>", views_site.demo_site, name="demo-site"),
    path("site/<slug:slug>/", views_site.demo_site, name="demo-site"),
]
workspace_urlpatterns = [
    path("practice/bar/", views_time.bar, name="practice-bar"),
    path("practice/time/", views_time.move, name="practice-time"),
    path("practice/time/stop/", views_time.stop, name="practice-time-stop"),
    path("practice/time/<int:move_id>/", views_time.moving, name="practice-moving"),
    path("practice/mail/", views_mail.inbox, name="practice-mail"),
    path("practice/mail/list/", views_mail.newer, name="practice-mail-list"),
    path("practice/mail/<int:mail_id>/body/", views_mail.body, name="practice-mail-body"),
    path("practice/mail/<int:mail_id>/scan/", views_mail.scan, name="practice-mail-scan"),
    path(
        "practice/mail/<int:mail_id>/unsubscribe/", views_mail.unsubscribe, name="practice-mail-unsubscribe"
    ),
]
