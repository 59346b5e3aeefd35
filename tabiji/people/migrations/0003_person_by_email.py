from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_import_person"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("email", ""), _negated=True),
                fields=["workspace", "email"],
                name="person_by_email",
            ),
        ),
    ]
