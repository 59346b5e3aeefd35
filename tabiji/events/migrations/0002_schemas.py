"""Rules for names of events, what did not fit them, and the test event that measures the way."""

from importlib import resources

from django.db import migrations


def _tables() -> str:
    return resources.files("tabiji.events").joinpath("sql", "schemas.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(_tables(), migrations.RunSQL.noop)]
