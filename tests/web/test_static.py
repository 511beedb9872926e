"""What the browser is sent: unmodified third-party files, a small shell, colours that can be read."""

import gzip
import hashlib
import math
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from musicstudio.core.static import smaller
from tests.conftest import Cast
from tests.factories import make_track

STATIC = Path(settings.BASE_DIR) / "static"
VENDOR = tomllib.loads((STATIC / "vendor" / "VENDOR.toml").read_text())["vendor"]
KB = 1024


def packed(*paths: Path) -> int:
    """Bytes on the way, compressed."""
    names = [(path.relative_to(STATIC).as_posix(), path.read_text()) for path in paths]
    return sum(len(gzip.compress(smaller(name, text).encode(), 9)) for name, text in names)


@pytest.mark.parametrize("entry", VENDOR, ids=lambda entry: str(entry["path"]))
def test_vendored_files_are_the_released_ones(entry: dict[str, object]) -> None:
    folder = STATIC / "vendor" / str(entry["path"])
    listed = entry["files"]
    assert isinstance(listed, dict) and "LICENSE" in listed
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == listed


def test_nothing_is_vendored_unlisted() -> None:
    folders = {path.name for path in (STATIC / "vendor").iterdir() if path.is_dir()}
    assert folders == {entry["path"] for entry in VENDOR}


def eager(module: Path) -> set[Path]:
    """The module and everything that it imports at once; what comes by `import()` is not among it."""
    named = re.findall(r'^import (?:.* from )?"\./([a-z]+\.js)";', module.read_text(), re.M)
    return {module}.union(*(eager(module.parent / name) for name in named))


HTMX, IDIOMORPH = (STATIC / "vendor" / name for name in ("htmx.org@2.0.11/htmx.min.js", "idiomorph@0.8.0/idiomorph-ext.min.js"))


def scripts(*modules: str) -> set[Path]:
    """What every page loads at once, these modules, and all that they import."""
    return {HTMX}.union(*(eager(STATIC / "js" / f"{name}.js") for name in ("main", *modules)))


def test_the_script_of_a_library_that_was_just_opened_stays_below_30_kb() -> None:
    """With the poller and the saved views; tests/browser/test_shell.py has the proof that nothing else comes by itself."""
    assert packed(*scripts("poll", "views")) < 30 * KB


@pytest.mark.parametrize("modules", [("compose",), ("list", "find")], ids=["composing", "selecting"])
def test_the_script_of_a_library_in_use_stays_below_40_kb(modules: tuple[str, ...]) -> None:
    assert packed(*scripts("poll", "views", *modules), IDIOMORPH) < 40 * KB


def test_a_module_that_comes_later_stays_below_5_kb() -> None:
    later = set((STATIC / "js").glob("*.js")) - eager(STATIC / "js" / "main.js")
    assert {path.name: packed(path) for path in later if packed(path) > 5 * KB} == {}


def everywhere() -> set[Path]:
    """The style of every page; a page with more links its own sheet in its block `sheets`."""
    head = (Path(settings.BASE_DIR) / "templates" / "_head.html").read_text()
    return {STATIC / "css" / name for name in re.findall(r"css/([a-z]+\.css)", head)}


def test_the_style_of_every_page_stays_below_16_kb() -> None:
    assert len(everywhere()) > 2 and packed(*everywhere()) < 16 * KB


def test_the_style_of_a_kind_of_pages_stays_below_4_kb() -> None:
    own = set((STATIC / "css").glob("*.css")) - everywhere()
    assert {path.name: packed(path) for path in own if packed(path) > 4 * KB} == {}


TEMPLATES = Path(settings.BASE_DIR) / "templates"


def parts(template: Path) -> set[Path]:
    """The template and all that it includes."""
    named = {TEMPLATES / name for name in re.findall(r'{% include "([^"]+)"', template.read_text())}
    return {template}.union(*(parts(path) for path in named if path != template and path.exists()))  # others are Django's


def test_a_page_links_the_sheets_that_its_classes_come_from() -> None:
    """A class that is written in sheets of its own only: the page must link one of them in its block `sheets`."""
    sheets = {path.name: set(re.findall(r"\.([a-z][a-z0-9-]*)", path.read_text())) for path in (STATIC / "css").glob("*.css")}
    common = set().union(*(sheets.pop(path.name) for path in everywhere()))
    bare = {}
    for page in TEMPLATES.rglob("*.html"):
        if "{% extends" not in (text := page.read_text()):
            continue
        above = re.search(r'{% extends "(web/[^"]+)"', text)
        text += (TEMPLATES / above[1]).read_text() if above else ""
        linked = set(re.findall(r"css/([a-z]+\.css)", text)) | ({"plain.css"} if "{% block content %}" in text else set())
        classes = re.findall(r'class="([^"]+)"', "".join(path.read_text() for path in parts(page)))
        used = set(" ".join(re.sub(r"{[%{].*?[%}]}", " ", words) for words in classes).split()) - common
        homes = {word: {name for name, known in sheets.items() if word in known} for word in used}
        if missing := {word: sorted(names) for word, names in homes.items() if names and not names & linked}:
            bare[page.relative_to(TEMPLATES).as_posix()] = missing
    assert bare == {}


def test_a_list_of_fifty_tracks_stays_below_25_kb(as_producer: Client, cast: Cast) -> None:
    for number in range(50):
        peaks = bytes(int(hashlib.sha256(f"{number}.{bucket}".encode()).hexdigest(), 16) % 256 for bucket in range(200))
        make_track(cast.project, cast.producer, f"waltz {number}", peaks=peaks)
    page = as_producer.get("/t/northlight/tracks/").content
    assert page.count(b'class="track ') == 50 and len(gzip.compress(page, 9)) < 25 * KB


def test_exactly_the_modules_of_every_page_are_preloaded() -> None:
    base = (Path(settings.BASE_DIR) / "templates" / "base.html").read_text()
    named = set(re.findall(r"js/([a-z]+\.js)", base))
    assert named == {path.name for path in eager(STATIC / "js" / "main.js")}


def test_every_icon_a_template_uses_is_in_the_sprite() -> None:
    symbols = set(re.findall(r'id="([^"]+)"', (STATIC / "img" / "icons.svg").read_text()))
    templates = "".join(path.read_text() for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"))
    assert set(re.findall(r'{% icon "([^"]+)"', templates)) <= symbols


def test_the_page_of_a_fault_needs_no_context() -> None:
    assert "fault of the studio" in render_to_string("500.html")


# Colours: OKLCH to linear sRGB (Björn Ottosson, 2020), contrast as in WCAG 2.2

TOKENS = dict(re.findall(r"--([a-z0-9-]+):\s*light-dark\((.+)\);", (STATIC / "css" / "base.css").read_text()))


def luminance(light: float, chroma: float, hue: float) -> float:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(front: str, back: str, theme: int) -> float:
    levels = []
    for name in (front, back):
        colours = re.findall(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)", TOKENS[name])
        levels.append(luminance(*(float(number) for number in colours[theme])))
    return (max(levels) + 0.05) / (min(levels) + 0.05)


TEXT = [
    (front, back) for front in ("text", "text-2", "text-3") for back in ("bg", "surface", "raised", "sunken", "hover", "current")
]
TEXT += [(name, f"{name}-soft") for name in ("ok", "warn", "bad", "info")]
TEXT += [("accent-ink", "accent-soft"), ("accent-ink", "surface"), ("on-accent", "accent"), ("bad", "surface"), ("bad", "bg")]
TEXT += [("text", "here"), ("text-2", "here"), ("accent-ink", "bg")]
PARTS = [("ctl", "surface"), ("ctl", "bg"), ("accent", "surface"), ("accent", "bg"), ("wave", "surface"), ("wave", "raised")]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_can_be_read(front: str, back: str, theme: int) -> None:
    assert contrast(front, back, theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PARTS)
def test_controls_and_waveforms_can_be_seen(front: str, back: str, theme: int) -> None:
    assert contrast(front, back, theme) >= 3.0
