"""The event stream's tables. Plain SQL: partitions and partial indexes say more here than a model."""

from importlib import resources

from django.db import migrations


def _schema() -> str:
    return resources.files("tabiji.events").joinpath("sql", "schema.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial"), ("people", "0001_initial")]
    operations = [migrations.RunSQL(_schema(), migrations.RunSQL.noop)]
