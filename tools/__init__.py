"""Tools for building and maintaining dicomkit; not installed."""
