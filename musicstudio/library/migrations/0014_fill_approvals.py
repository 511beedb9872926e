from itertools import groupby

from django.db import migrations


def fill(apps, schema_editor):
    """A track that was approved before approvals were counted has the approval of whoever decided it last."""
    Track, Decision, Approval = (apps.get_model("library", name) for name in ("Track", "Decision", "Approval"))
    lines = Decision.objects.filter(status="approved", track__status="approved", track__agreed=0, undoes=None, undone=None)
    for track, found in groupby(lines.order_by("track", "-pk").iterator(), key=lambda line: line.track_id):
        line = next(found)
        row = Approval.objects.create(track_id=track, by_id=line.by_id, reason=line.reason)
        Approval.objects.filter(pk=row.pk).update(at=line.at)
        Track.objects.filter(pk=track).update(agreed=1)


class Migration(migrations.Migration):
    dependencies = [("library", "0013_pieces")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
