"""Pixel data: frames as arrays, codecs, transcoding (PS3.3 C.7.6.3, PS3.5 8 and A.4)."""

from __future__ import annotations

from dicomkit.pixels.encapsulation import encapsulate
from dicomkit.pixels.pixel_data import PixelData
from dicomkit.pixels.transcode import compress, decompress

__all__ = ["PixelData", "compress", "decompress", "encapsulate"]
