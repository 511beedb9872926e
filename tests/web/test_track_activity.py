"""The activity of a track: who did what, newest first, in pages."""

import re

from django.test import Client

from musicstudio.review.models import Comment
from tests.conftest import Cast
from tests.factories import make_track


def test_it_tells_what_was_decided_said_rated_and_made_of_it(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    other = make_track(cast.project, cast.owner, "brighter waltz", based_on=track)
    track.decide("shortlisted", cast.reviewer, "good start")
    track.ratings.create(user=cast.reviewer, stars=4)
    comment = Comment.objects.say(track, cast.reviewer, "too <dry>", start_ms=4000)
    Comment.objects.say(track, cast.owner, "agreed", parent=comment)
    comment.resolve(cast.owner)
    page = as_producer.get(track.get_absolute_url() + "activity/").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="feed"') :]).split())
    for shown in (
        "Rafa Nunes shortlisted it “good start”",
        "Rafa Nunes gave it 4 stars",
        "Rafa Nunes commented at 0:04 too &lt;dry&gt;",
        "Olga Prieto replied agreed",
        "Olga Prieto resolved too &lt;dry&gt;",
        f"Olga Prieto made a variation of it: {other}",
        "The take arrived.",
        "Pia Duval asked Studio Sketch for it",
    ):
        assert shown in text, shown
    assert text.index("resolved too") < text.index("commented at")
    assert f"{track.get_absolute_url()}#c-{comment.pk.hex}" in page


def test_it_comes_in_pages(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    for number in range(45):
        Comment.objects.say(track, cast.reviewer, f"remark {number:02}")
    first = as_producer.get(track.get_absolute_url() + "activity/").content.decode()
    more = re.search(r'href="(\?before=[^"]+)"', first)
    assert more and "remark 44" in first and "remark 04" not in first
    second = as_producer.get(track.get_absolute_url() + "activity/" + more[1]).content.decode()
    assert "remark 04" in second and "The take arrived." in second and "remark 05" not in second and "?before=" not in second
    assert as_producer.get(track.get_absolute_url() + "activity/?before=x").status_code == 200
