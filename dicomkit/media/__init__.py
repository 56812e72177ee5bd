"""PS3.10 files: sources and the reader."""

from dicomkit.media.reader import read

__all__ = ["read"]
