"""Sketch: the studio's own composer. Rule-based, local, free; no AI, no voice. Pure: no Django.

piece = sketch.generate("lo-fi piano with light rain", seconds=15, seed=1, path=Path("rain.mp3"))
"""

from musicstudio.sketch.generate import ENGINE, ENGINE_VERSION, Cancelled, Piece, SketchError, generate
from musicstudio.sketch.render import Renderer

__all__ = ["ENGINE", "ENGINE_VERSION", "Cancelled", "Piece", "Renderer", "SketchError", "generate"]
