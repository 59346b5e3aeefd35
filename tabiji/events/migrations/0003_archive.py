"""The manifest of the archive, and indexes to the rows of a finished batch."""

from importlib import resources

from django.db import migrations


def _tables() -> str:
    return resources.files("tabiji.events").joinpath("sql", "archive.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("events", "0002_schemas")]
    operations = [migrations.RunSQL(_tables(), migrations.RunSQL.noop)]
