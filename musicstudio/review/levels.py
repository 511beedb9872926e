"""How loud takes are played beside each other, so that the louder one does not win for being louder."""

from collections.abc import Sequence

from musicstudio.library.models import Track

CEILING_DB = -1.0  # dBTP that no take exceeds


def headroom(track: Track) -> float:
    """By how many dB the take has to come down for its own true peak's sake; 0 or less."""
    return min(0.0, CEILING_DB - track.true_peak_db) if track.true_peak_db is not None else 0.0


def gains(tracks: Sequence[Track]) -> list[float]:
    """dB for each take: min(target - LUFS, -1 - true peak); nothing is ever made louder.

    The target is the quietest take (LUFS, BS.1770-4) after its own headroom, so that every take can reach it.
    A take without measurable loudness keeps its level.
    """
    target = min((track.lufs + headroom(track) for track in tracks if track.lufs is not None), default=0.0)
    return [headroom(track) if track.lufs is None else target - track.lufs for track in tracks]
