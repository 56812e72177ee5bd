"""The attributes of a data set by keyword: all typing, which is in the generated stub beside this file."""


class Keywords:
    """Base of `Dataset`: gives it an attribute for each keyword, for type checkers and editors."""

    __slots__ = ()
