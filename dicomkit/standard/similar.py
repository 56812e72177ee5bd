"""Keywords that a misspelt one may stand for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from dicomkit._ext import standard

__all__ = ["similar_keywords"]


def similar_keywords(word: str, count: int = 3) -> list[str]:
    """Keywords of PS3.6 that `word` may be a slip of, the closest first."""
    return list(_similar(word.casefold(), count))  # the case of a keyword is its least memorable part


@lru_cache(maxsize=64)  # programs look for the same attribute in one data set after the other
def _similar(word: str, count: int) -> tuple[str, ...]:
    keywords = {row[3].casefold(): row[3] for row in standard.elements()}
    return tuple([keywords[match] for match in get_close_matches(word, keywords, count, 0.75)])
