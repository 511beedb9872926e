"""Holds of the first ledger get their line, project, key and model."""

from django.db import migrations


def forwards(apps, schema_editor):
    Hold, HoldLine = apps.get_model("budgets", "Hold"), apps.get_model("budgets", "HoldLine")
    Job = apps.get_model("generation", "Job")
    jobs = {hold: (project, key) for hold, project, key in Job.objects.values_list("hold_id", "project_id", "key_id")}
    for hold in Hold.objects.iterator():
        hold.project_id, hold.key_id = jobs.get(hold.pk, (None, None))
        hold.model_slug = hold.quote.get("model", "")
        hold.save(update_fields=["project", "key", "model_slug"])
        if hold.bucket_id is not None:
            HoldLine.objects.create(hold=hold, bucket_id=hold.bucket_id)


def backwards(apps, schema_editor):
    """A hold of the first ledger had one bucket: the team's."""
    Hold, HoldLine = apps.get_model("budgets", "Hold"), apps.get_model("budgets", "HoldLine")
    for line in HoldLine.objects.filter(bucket__cap__scope="team", bucket__cap__period="month"):
        Hold.objects.filter(pk=line.hold_id).update(bucket=line.bucket_id)


class Migration(migrations.Migration):
    dependencies = [("budgets", "0002_caps_for_everything"), ("generation", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
