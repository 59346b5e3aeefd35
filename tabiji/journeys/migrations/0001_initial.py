"""Journeys, their immutable versions, and who travels on them."""

from importlib import resources

from django.db import migrations


def _schema() -> str:
    return resources.files("tabiji.journeys").joinpath("sql", "schema.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("messaging", "0001_initial")]
    operations = [migrations.RunSQL(_schema(), migrations.RunSQL.noop)]
