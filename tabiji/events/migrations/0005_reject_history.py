"""Refused events keep whether they were told as history."""

from importlib import resources

from django.db import migrations


def _column() -> str:
    return (
        resources.files("tabiji.events").joinpath("sql", "reject_history.sql").read_text(encoding="utf-8")
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0004_history")]
    operations = [migrations.RunSQL(_column(), migrations.RunSQL.noop)]
