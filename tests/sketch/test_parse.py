"""What words become. One test per promise of the parser; the traps of earlier engines are here as examples."""

import pytest

from musicstudio.sketch.genres import GENRES
from musicstudio.sketch.prompt import parse


@pytest.mark.parametrize("name", sorted(GENRES))
def test_every_style_is_understood_by_its_own_name(name):
    brief = parse(f"some {name} please")
    assert brief.genre == name
    assert GENRES[name].title in brief.understood


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("musique de film épique", "cinematic"),
        ("ruhige Klaviermusik zum Einschlafen, Schlafmusik", "ambient"),
        ("música de terror", "horror"),
        ("valzer lento", "waltz"),
        ("jogo 8-bit", "chiptune"),
        ("canción de cuna", "children"),
        ("ボサノバ", "bossa nova"),
        ("Werbejingle für ein Startup", "corporate"),
        ("musica per bambini", "children"),
        ("música para estudar", "lofi"),
        ("orchestre symphonique", "orchestral"),
        ("レゲエ", "reggae"),
        ("drum & bass", "drum and bass"),
        ("tango", "bossa nova"),
        ("heavy metal", "rock"),
        ("80s", "synthwave"),
        ("sad solo cello", "cinematic"),
        ("christmas bells", "children"),
        ("acoustic guitar by the fire", "folk"),
    ],
)
def test_styles_are_understood_in_seven_languages_and_through_hints(prompt, genre):
    assert parse(prompt).genre == genre


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("lo-fi piano", ("piano",)),
        ("jazz mit Saxophon und Kontrabass", ("sax", "upright bass")),
        ("folk con violín y guitarra", ("violin", "steel guitar")),
        ("orchestre avec flûte et harpe", ("flute", "harp")),
        ("フルートとチェロのアンビエント", ("flute", "cello")),
        ("ambient com violoncelo", ("cello",)),
        ("valzer con fisarmonica", ("accordion",)),
        ("a felt piano, only piano", ("felt piano",)),
    ],
)
def test_instruments_are_understood_in_seven_languages(prompt, wanted):
    assert parse(prompt).wanted == wanted


@pytest.mark.parametrize(
    ("prompt", "unwanted"),
    [
        ("lo-fi, no drums", {"drums"}),
        ("without drums, bass or vocals", {"drums", "bass"}),
        ("house sin batería", {"drums"}),
        ("jazz sans batterie ni basse", {"drums", "bass"}),
        ("Folk ohne Schlagzeug", {"drums"}),
        ("rock sem bateria", {"drums"}),
        ("jazz senza batteria", {"drums"}),
        ("ローファイ、ドラムなし", {"drums"}),
        ("drumless lo-fi", {"drums"}),
        ("folk without drums and guitar but with violin", {"drums", "steel guitar"}),
        ("jazz, no saxophone, trumpet", {"sax"}),
    ],
)
def test_what_is_unwanted_is_not_taken_for_a_wish(prompt, unwanted):
    brief = parse(prompt)
    assert set(brief.unwanted) == unwanted
    assert not set(brief.wanted) & unwanted


def test_a_wish_after_a_refusal_stays_a_wish():
    assert parse("no drums, just piano").wanted == ("piano",)
    assert parse("folk without drums but with violin").wanted == ("violin",)


@pytest.mark.parametrize(
    "prompt", ["solo cello", "piano only", "nur Klavier", "solo de piano", "unaccompanied violin", "ピアノソロ"]
)
def test_solo_means_one_player(prompt):
    brief = parse(prompt)
    assert brief.solo
    assert len(brief.wanted) == 1


def test_a_guitar_solo_in_a_rock_song_is_no_solo_piece():
    assert not parse("rock with a guitar solo").solo


@pytest.mark.parametrize(
    ("prompt", "textures"),
    [
        ("piano with light rain", ("rain",)),
        ("Klavier mit Regen und Kaminfeuer, Kamin", ("rain", "fire")),
        ("piano avec les vagues", ("ocean",)),
        ("ambient con viento y pájaros", ("wind", "birds")),
        ("lo-fi in a coffee shop with vinyl crackle", ("café", "vinyl")),
        ("chuva e fita cassette", ("rain", "tape")),
        ("雨とカフェ", ("rain", "café")),
        ("pioggia", ("rain",)),
    ],
)
def test_background_sounds_are_understood(prompt, textures):
    assert parse(prompt).textures == textures


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("92 bpm jazz", 92),
        ("techno at 134.5 BPM", 134.5),
        ("tempo 120", 120),
        ("120 Schläge", 120),
        ("テンポ90", 90),
        ("BPM: 100", 100),
        ("jazz", None),
    ],
)
def test_a_tempo_is_read(prompt, bpm):
    assert parse(prompt).bpm == bpm


def test_an_impossible_tempo_is_bounded_and_said():
    brief = parse("999 bpm techno")
    assert brief.bpm == 220
    assert any("999" in note for note in brief.notes)


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("in D minor", 2, "minor"),
        ("F# major", 6, "major"),
        ("key of Eb major", 3, "major"),
        ("in Am", 9, "minor"),
        ("waltz in A minor", 9, "minor"),
        ("re menor", 2, "minor"),
        ("en sol majeur", 7, "major"),
        ("in fis-Moll", 6, "minor"),
        ("B-Dur", 10, "major"),
        ("h-moll", 11, "minor"),
        ("si bemol mayor", 10, "major"),
        ("ニ短調", 2, "minor"),
        ("変ロ長調", 10, "major"),
        ("A dorian jam", 9, "dorian"),
        ("in a minor key", None, "minor"),
        ("jazz in the city", None, None),
    ],
)
def test_a_key_is_read(prompt, tonic, mode):
    brief = parse(prompt)
    assert (brief.tonic, brief.mode) == (tonic, mode)


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [("folk in 6/8", "6/8"), ("3/4 time", "3/4"), ("jazz in 5/4", "5/4"), ("4分の3拍子", "3/4"), ("rock", None)],
)
def test_a_metre_is_read(prompt, meter):
    assert parse(prompt).meter == meter


def test_a_metre_nobody_plays_is_reported():
    brief = parse("folk in 13/8")
    assert brief.meter is None
    assert any("13/8" in note for note in brief.notes)


def test_decades_and_drum_machines_are_not_durations():
    brief = parse("80s synthwave with 808s")
    assert brief.text == "80s synthwave with 808s"
    assert brief.genre == "synthwave"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("15 second lo-fi piano", "3 minute lo-fi piano"),
        ("30s lo-fi piano", "lo-fi piano"),
        ("lo-fi piano, 2:30 long", "lo-fi piano"),
        ("piano lo-fi de 20 segundos", "piano lo-fi de 3 minutos"),
        ("30秒のローファイ", "3分のローファイ"),
    ],
)
def test_the_length_in_words_does_not_change_which_piece_it_is(short, long):
    assert parse(short).text == parse(long).text


@pytest.mark.parametrize(
    ("prompt", "hits"),
    [
        ("techno with a drop at 0:20", ((20.0, "drop"),)),
        ("hopeful lift at 0:45", ((45.0, "lift"),)),
        ("break at 30 seconds and a climax at 1:10", ((30.0, "stop"), (70.0, "lift"))),
        ("house", ()),
    ],
)
def test_moments_are_read(prompt, hits):
    assert parse(prompt, 120).hits == hits


def test_a_moment_outside_the_piece_is_reported():
    brief = parse("drop at 0:45", 20)
    assert brief.hits == ()
    assert any("0:45" in note for note in brief.notes)


@pytest.mark.parametrize(
    ("prompt", "field"),
    [
        ("seamless loop", "loop"),
        ("boucle d'ambiance", "loop"),
        ("ループ", "loop"),
        ("slow build up", "build"),
        ("montée en puissance", "build"),
        ("ends softly", "soft_end"),
        ("endet leise", "soft_end"),
        ("a short stinger", "sting"),
    ],
)
def test_structure_words_are_understood(prompt, field):
    assert getattr(parse(prompt), field) is True


@pytest.mark.parametrize(
    ("prompt", "mood", "energy", "pace"),
    [
        ("happy energetic folk", 1, 1, 1),
        ("sad slow folk", -1, -1, -1),
        ("trauriges langsames Lied", -1, -1, -1),
        ("alegre y rápido", 1, 1, 1),
        ("静かで悲しい", -1, -1, -1),
    ],
)
def test_mood_energy_and_pace_have_a_direction(prompt, mood, energy, pace):
    brief = parse(prompt)
    assert brief.mood * mood > 0
    assert brief.energy * energy > 0
    assert brief.pace * pace > 0


def test_a_denied_pace_turns_round():
    assert parse("not too fast folk").pace < 0


def test_singing_is_refused_openly():
    assert any("cannot sing" in note for note in parse("a rock song with vocals").notes)
    assert not any("cannot sing" in note for note in parse("house without vocals").notes)


@pytest.mark.parametrize("prompt", ["", "   ", "qwertz asdf", "🙂🙂🙂", "\x00\x01", "ђшћ"])
def test_nonsense_gets_the_calm_fallback_and_says_so(prompt):
    brief = parse(prompt)
    assert brief.genre == "folk"
    assert any("No style recognised" in note for note in brief.notes)


def test_words_it_does_not_know_are_named():
    assert any("glorp" in note for note in parse("lo-fi glorp").notes)
    assert not any("Not understood" in note for note in parse("a calm lo-fi piano track with rain").notes)
