"""PS3.10 files: sources, streams and the reader."""
