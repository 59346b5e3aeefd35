"""Files of history on their way in."""

from importlib import resources

from django.db import migrations


def _tables() -> str:
    return resources.files("tabiji.events").joinpath("sql", "history.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("events", "0003_archive")]
    operations = [migrations.RunSQL(_tables(), migrations.RunSQL.noop)]
