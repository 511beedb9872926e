"""What an audio file is, measured from its decoded samples: format, duration, loudness, true peak, waveform.

Pure: no Django.
"""

from musicstudio.audio.facts import AudioFacts, NotAudio, inspect, outline
from musicstudio.audio.sniff import MIME_TYPES, sniff

__all__ = ["MIME_TYPES", "AudioFacts", "NotAudio", "inspect", "outline", "sniff"]
