"""Compiled kernels: the tag stream, the standard's tables, views on the element index, the dump. Built from `_ext/`."""
