"""The data dictionaries that the user of a command names in the environment variable DCMDICTPATH."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.cli.log import Log
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["user_dictionary"]


def user_dictionary(log: Log) -> Dictionary | None:
    """The user's dictionary, None if there is none; what is wrong in it is logged."""
    if not os.environ.get("DCMDICTPATH"):
        return None
    from dicomkit.standard.user_dictionary import Dictionary

    dictionary = Dictionary.from_environment()
    for problem in () if dictionary is None else dictionary.problems:
        log.warn(f"data dictionary: {problem}")
    return dictionary
