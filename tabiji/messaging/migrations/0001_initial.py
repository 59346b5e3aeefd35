"""Messages and what belongs to them. Plain SQL: the partial indexes are the design."""

from importlib import resources

from django.db import migrations


def _schema() -> str:
    return resources.files("tabiji.messaging").joinpath("sql", "schema.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("events", "0001_initial")]
    operations = [migrations.RunSQL(_schema(), migrations.RunSQL.noop)]
