"""Tables of the room: people, their identifiers, companies, fields, lists, consent, holds, imports."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from tabiji.workspaces.models import Tenant, User


class Company(Tenant):
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    """The name without kind, spaces and case: a hint for merging, not an identity."""
    domain = models.CharField(max_length=200, default="")
    industry = models.CharField(max_length=100, default="")
    employees = models.IntegerField(null=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "company"
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="company_once")]


class Person(Tenant):
    id = models.UUIDField(primary_key=True)
    last_name = models.CharField(max_length=100, default="")
    first_name = models.CharField(max_length=100, default="")
    last_kana = models.CharField(max_length=100, default="")
    first_kana = models.CharField(max_length=100, default="")
    email = models.CharField(max_length=254, default="")
    phone = models.CharField(max_length=20, default="")
    company = models.ForeignKey(Company, null=True, on_delete=models.SET_NULL, related_name="people")
    department = models.CharField(max_length=100, default="")
    title = models.CharField(max_length=100, default="")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=100, default="")
    stage = models.CharField(max_length=40, default="")
    score = models.IntegerField(default=0)
    fields = models.JSONField(default=dict)
    """Custom fields by key."""
    field_clock = models.JSONField(default=dict)
    """Per field the (occurred_ms, sequence) of the value that stands: later wins, earlier is ignored."""
    created_at = models.DateTimeField()
    last_act_at = models.DateTimeField(null=True)
    """The person's own last act (never a machine's)."""
    version = models.BigIntegerField(default=1)
    search_text = models.TextField(default="")
    search = ArrayField(models.TextField(), default=list)
    merged_into = models.UUIDField(null=True)

    class Meta:
        db_table = "person"
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="person_newest"),
            models.Index(fields=["workspace", "owner"], name="person_by_owner"),
            models.Index(fields=["workspace", "company"], name="person_by_company"),
            models.Index(fields=["workspace", "stage"], name="person_by_stage"),
            models.Index(
                fields=["workspace", "email"], name="person_by_email", condition=~models.Q(email="")
            ),
            GinIndex(fields=["search"], name="person_search"),
        ]


class Identity(Tenant):
    """One identifier of a person: e-mail, member number, phone, or a browser's anonymous id."""

    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=320)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    since = models.DateTimeField()

    class Meta:
        db_table = "identity"
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "value"], name="identity_once")]


class SubjectOwner(Tenant):
    """Whose acts a subject's events are by now: a browser that became known, a person who was merged."""

    subject_id = models.UUIDField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "subject_owner"
        constraints = [models.UniqueConstraint(fields=["workspace", "subject_id"], name="subject_owner_once")]


class Merge(Tenant):
    """`absorbed` became part of `kept`; undone by a later row's worth of state, never by deleting this."""

    kept = models.UUIDField()
    absorbed = models.UUIDField()
    reason = models.CharField(max_length=40)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    before = models.JSONField(default=dict)

    class Meta:
        db_table = "person_merge"


class MergeCandidate(Tenant):
    """Two people who may be one; a colleague decides."""

    first = models.UUIDField()
    second = models.UUIDField()
    reason = models.CharField(max_length=40)
    found_at = models.DateTimeField()
    decided = models.CharField(max_length=10, default="")

    class Meta:
        db_table = "merge_candidate"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "first", "second"], name="merge_candidate_once")
        ]


class Field(Tenant):
    """A custom field of people."""

    key = models.CharField(max_length=40)
    label = models.CharField(max_length=100)
    type = models.CharField(max_length=10)
    choices = models.JSONField(default=list)
    unit = models.CharField(max_length=10, default="")
    position = models.SmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "person_field"
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="person_field_once")]


class StaticList(Tenant):
    name = models.CharField(max_length=200)
    note = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "static_list"


class ListMember(Tenant):
    list = models.ForeignKey(StaticList, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        db_table = "list_member"
        constraints = [models.UniqueConstraint(fields=["list", "person"], name="list_member_once")]
        indexes = [models.Index(fields=["person"], name="list_member_person")]


class ConsentEntry(Tenant):
    """The ledger: every grant and withdrawal with its basis and evidence. Append-only by trigger."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)
    topic = models.CharField(max_length=40, default="marketing")
    act = models.CharField(max_length=10, choices=[("grant", "grant"), ("withdraw", "withdraw")])
    basis = models.CharField(max_length=12)
    """consent, card (written), trade, published, or request for a withdrawal."""
    at = models.DateTimeField()
    source = models.CharField(max_length=60)
    evidence = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "consent_entry"
        indexes = [models.Index(fields=["person", "-id"], name="consent_of_person")]


class Consent(Tenant):
    """Where the ledger stands now, one row for each person, channel and topic."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)
    topic = models.CharField(max_length=40, default="marketing")
    state = models.CharField(max_length=10)
    """granted or withdrawn; no row means unknown, and unknown means no."""
    basis = models.CharField(max_length=12)
    at = models.DateTimeField()
    entry_id = models.BigIntegerField()

    class Meta:
        db_table = "consent"
        constraints = [models.UniqueConstraint(fields=["person", "channel", "topic"], name="consent_once")]


class Suppression(Tenant):
    """An address that must not be written to, whatever the consent: it bounced or complained."""

    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=20)
    at = models.DateTimeField()
    detail = models.TextField(default="")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "suppression"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "channel", "address"], name="suppression_once")
        ]


class Hold(Tenant):
    """Stop selling to this person until it is released or ends."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=40)
    """`hand_over:<id>`, `deal:<id>`, or `user:<id>`."""
    reason = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hold"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "source"], name="hold_once", condition=models.Q(released_at__isnull=True)
            )
        ]


class Exclusion(Tenant):
    """Own staff, competitors, office addresses: left out of numbers, of sends, or of both."""

    kind = models.CharField(max_length=10, choices=[("domain", "domain"), ("email", "email"), ("ip", "ip")])
    value = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, default="")
    from_numbers = models.BooleanField(default=True)
    from_sends = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "exclusion"
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "value"], name="exclusion_once")]


class Import(Tenant):
    """One uploaded file on its way in: read, mapped, tried, carried out."""

    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default="uploaded")
    encoding = models.CharField(max_length=20, default="")
    delimiter = models.CharField(max_length=2, default=",")
    content = models.BinaryField()
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    rows_total = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cancelled = models.BooleanField(default=False)
    error = models.TextField(default="")

    class Meta:
        db_table = "import_file"


class ImportedPerson(Tenant):
    """Whom a file was about, and what it did to each: new, update or same. The first row of each counts."""

    import_file = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+")
    person_id = models.UUIDField()
    verdict = models.CharField(max_length=10)

    class Meta:
        db_table = "import_person"
        constraints = [
            models.UniqueConstraint(fields=["import_file", "person_id"], name="import_person_once")
        ]


class ImportProblem(Tenant):
    import_file = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+")
    row_number = models.IntegerField()
    cells = models.JSONField()
    problems = models.JSONField()

    class Meta:
        db_table = "import_error"
        constraints = [
            models.UniqueConstraint(fields=["import_file", "row_number"], name="import_error_once")
        ]
