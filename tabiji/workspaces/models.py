"""Tables of the room: workspaces, members, keys, audit, definitions, calendar, notices, staff mail."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tabiji.workspaces.roles import Role


class Users(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, name: str, password: str | None = None, language: str = "ja") -> User:
        user = self.model(email=email.strip().lower(), name=name, language=language)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A colleague who signs in. Belongs to workspaces by `Member`."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    language = models.CharField(max_length=5, default="ja")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Users] = Users()

    class Meta:
        db_table = "staff_user"


class Workspace(models.Model):
    """A brand or business: its people, rules and numbers are seen from no other one."""

    slug = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=100)
    timezone = models.CharField(max_length=50, default="Asia/Tokyo")
    language = models.CharField(max_length=5, default="ja")
    is_practice = models.BooleanField(default=False)
    clock_offset = models.DurationField(default=timedelta(0))
    seen_at = models.DateTimeField(null=True)
    shards = models.SmallIntegerField(default=2)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "workspace"


class Tenant(models.Model):
    """A row of one workspace; row-level security is forced on every table that inherits this."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False, related_name="+")

    class Meta:
        abstract = True


class Member(Tenant):
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    joined_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "member"
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="member_once")]


class ApiKey(Tenant):
    """`write` keys stand in public snippets and may only send events; `api` keys are secrets."""

    kind = models.CharField(max_length=10, choices=[("write", "write"), ("api", "api")])
    name = models.CharField(max_length=100)
    public = models.CharField(max_length=40, unique=True)
    digest = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_key"


class AuditEntry(Tenant):
    """Who did what, from where. Append-only by trigger; values are sealed, names are not."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=120)
    address = models.CharField(max_length=45, default="")
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=60, default="")
    fields = ArrayField(models.TextField(), default=list)
    sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "audit_entry"
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_newest")]


class Definition(Tenant):
    """The header that everything people define has in common."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    why = models.TextField(default="")
    kpi_id = models.BigIntegerField(null=True)
    responsible = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    review_on = models.DateField(null=True)
    state = models.CharField(max_length=20, default="draft")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "definition"
        indexes = [models.Index(fields=["workspace", "kind", "-id"], name="definition_by_kind")]


class Holiday(Tenant):
    """A day on which the company is closed, beside the country's own holidays."""

    day = models.DateField()
    name = models.CharField(max_length=100)

    class Meta:
        db_table = "holiday"
        constraints = [models.UniqueConstraint(fields=["workspace", "day"], name="holiday_once")]


class Notice(Tenant):
    """A line under the bell of one colleague."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    path = models.CharField(max_length=300, default="")
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notice"
        indexes = [models.Index(fields=["workspace", "user", "-id"], name="notice_newest")]


class StaffMail(models.Model):
    """Mail to colleagues (login, notices): never through the gate, never on a person's line."""

    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.CASCADE, related_name="+")
    to = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(default="")

    class Meta:
        db_table = "staff_mail"
        indexes = [
            models.Index(fields=["next_at"], name="staff_mail_due", condition=models.Q(sent_at__isnull=True))
        ]


class ViewPreference(Tenant):
    """How one colleague likes one list: columns, sort, filters."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    view = models.CharField(max_length=60)
    value = models.JSONField(default=dict)

    class Meta:
        db_table = "view_preference"
        constraints = [models.UniqueConstraint(fields=["workspace", "user", "view"], name="view_once")]


class TimeMove(Tenant):
    """A wish to move a practice workspace's clock; the worker carries it out in steps."""

    target = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    started_from = models.DateTimeField()
    reached = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancelled = models.BooleanField(default=False)
    error = models.TextField(default="")

    class Meta:
        db_table = "time_move"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], name="time_move_one_open", condition=models.Q(finished_at__isnull=True)
            )
        ]
