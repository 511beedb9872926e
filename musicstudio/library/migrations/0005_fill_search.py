"""The texts of the tracks that were there before the search was."""

from django.db import migrations

from musicstudio.library.fold import folded


def fill(apps, schema_editor):
    Track, SearchText = apps.get_model("library", "Track"), apps.get_model("library", "SearchText")
    tracks = Track.objects.filter(search_text=None).only("title", "prompt", "created_by").order_by()
    rows = tracks.select_related("prompt", "created_by").prefetch_related("tags").iterator(chunk_size=500)
    batch = []
    for track in rows:
        tags = [tag.name for tag in track.tags.all()]
        author = track.created_by.name or track.created_by.email.partition("@")[0]
        text = folded(track.title, *tags, author, track.prompt.text, track.prompt.lyrics)
        batch.append(SearchText(track=track, text=text))
    SearchText.objects.bulk_create(batch, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("library", "0004_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
