"""What a model can be asked, as JSON Schema (2020-12): `/v1` answers with it, and the model's page shows it as a table."""

from typing import Any

from musicstudio.generation.submit import MAX_SEED, MAX_TAKES
from musicstudio.providers.models import MusicModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OTHERS = {
    "is_instrumental": {"type": "boolean", "description": "no singing; true without lyrics when left out"},
    "takes": {"type": "integer", "minimum": 1, "maximum": MAX_TAKES, "default": 1, "description": "how many, each a job"},
    "project": {"type": "string", "description": "slug of the project the tracks go to; the token's, or the first"},
    "webhook_url": {"type": "string", "format": "uri", "maxLength": 1000, "description": "https; told when a take has ended"},
}


def parameters(model: MusicModel) -> dict[str, Any]:
    """The body of `POST /v1/audio/music` for this model, with ranges and defaults. Lengths are seconds."""
    length = "target length in seconds" if model.keeps_duration else "a wish: the model chooses its length itself"
    least, most = model.min_ms / 1000, model.max_ms / 1000
    properties: dict[str, dict[str, Any]] = {
        "model": {"type": "string", "const": model.slug, "description": "which model; left out, the free sketch engine"},
        "prompt": {"type": "string", "minLength": 1, "maxLength": model.prompt_limit, "description": "what you want to hear"},
    }
    if model.lyrics_limit:
        sung = "the words to sing, with [Verse] and [Chorus]; sent as they are"
        properties["lyrics"] = {"type": "string", "maxLength": model.lyrics_limit, "description": sung}
    start = min(max(30.0, least), most)
    properties |= {
        "duration": {"type": "number", "minimum": least, "maximum": most, "default": start, "description": length},
        "format": {"type": "string", "enum": model.formats, "default": model.formats[0], "description": "of the file"},
    }
    if model.takes_seed:
        again = "the same seed and words give the same piece; counts up from take to take"
        properties["seed"] = {"type": "integer", "minimum": 0, "maximum": MAX_SEED - MAX_TAKES, "description": again}
    return {
        "$schema": DIALECT,
        "title": model.slug,
        "type": "object",
        "required": ["prompt"],
        "properties": properties | OTHERS,
    }


def in_words(name: str, said: dict[str, Any], required: bool) -> dict[str, str]:
    """One row of the table: name, type, range, default, meaning."""
    low, high = said.get("minimum", said.get("minLength")), said.get("maximum", said.get("maxLength"))
    unit = " characters" if said["type"] == "string" else " s" if name == "duration" else ""
    span = f"{low or 0:,g} – {high:,g}{unit}" if high is not None else ""
    named = " or ".join(said.get("enum", [])) or str(said.get("const", ""))
    span = span or named or ("true or false" if said["type"] == "boolean" else "–")
    default = said.get("default", "–")
    shown = "required" if required else f"{default:g}" if isinstance(default, float) else str(default)
    return {"name": name, "type": said["type"], "range": span, "default": shown, "about": said["description"]}
