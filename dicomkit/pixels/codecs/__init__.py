"""Codecs: what encodes and decodes the frames of each transfer syntax."""

from __future__ import annotations

from dicomkit.pixels.codecs.codec import Codec, Codestream, Target
from dicomkit.pixels.codecs.registry import codec_for, handling

__all__ = ["Codec", "Codestream", "Target", "codec_for", "handling"]
