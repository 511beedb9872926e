"""The embedded sketch engine as a provider: local, rule-based, instrumental, free. It answers with the audio at once.

It works the processor for seconds, so it is called in a worker and not in an event loop; unlike a gateway's client it is
synchronous, reports progress and can be stopped.
"""

from collections.abc import Callable
from pathlib import Path

from musicstudio import sketch
from musicstudio.providers.base import InvalidRequest, MusicRequest, Output, Submitted


class Stopped(Exception):
    """`should_stop` said so: nothing was made and nothing was charged."""


class SketchEngine:
    """The engine behind `sketch/studio-sketch`."""

    def submit(
        self,
        request: MusicRequest,
        to: Path,
        *,
        progress: Callable[[float, str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Submitted:
        """Makes the take and writes it to `to`; `facts` of the answer tell how the prompt was understood.

        `progress(fraction 0..1, part)` is called as it goes. Raises InvalidRequest for a length or format the engine does
        not make, `Stopped`, or OSError when the disk fails.
        """
        try:
            piece = sketch.generate(
                request.prompt,
                seconds=float(request.seconds),
                seed=request.seed or 0,
                variation=request.variation,
                format=request.format,
                path=to,
                progress=progress,
                should_stop=should_stop,
            )
        except sketch.Cancelled:
            raise Stopped from None
        except sketch.SketchError as error:
            raise InvalidRequest(str(error)) from error
        ref = {"id": piece.score_hash}
        return Submitted(ref=ref, status="succeeded", outputs=(Output(path=piece.path),), cost_micros=0, facts=facts_of(piece))


def facts_of(piece: sketch.Piece) -> dict[str, object]:
    """What the engine tells about its piece, as JSON."""
    return {
        "engine": piece.engine,
        "engine_version": piece.engine_version,
        "score_hash": piece.score_hash,
        "genre": piece.genre,
        "bpm": round(piece.bpm, 1),
        "key": piece.key,
        "instruments": list(piece.instruments),
        "textures": list(piece.textures),
        "understood": list(piece.understood),
        "notes": list(piece.notes),
        "sections": [[name, round(start, 2)] for name, start in piece.sections],
    }
