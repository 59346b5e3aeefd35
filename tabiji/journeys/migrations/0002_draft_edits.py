"""The drafts before each edit: undo."""

from importlib import resources

from django.db import migrations


def _statements() -> str:
    return resources.files("tabiji.journeys").joinpath("sql", "draft_edits.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]
    operations = [migrations.RunSQL(_statements(), migrations.RunSQL.noop)]
