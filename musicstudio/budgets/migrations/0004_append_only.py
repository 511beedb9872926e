"""Holds know their buckets by their lines; entries can no longer be changed or deleted."""

from django.db import migrations, models

from musicstudio.budgets import append_only


def install(apps, schema_editor):
    append_only.install(schema_editor.connection)


def remove(apps, schema_editor):
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("budgets", "0003_lines")]

    operations = [
        migrations.RemoveField("hold", "bucket"),
        migrations.AddField(
            "hold",
            "buckets",
            models.ManyToManyField(related_name="holds", through="budgets.HoldLine", to="budgets.bucket"),
        ),
        migrations.RunPython(install, remove),
    ]
