"""Checking a document in DCMTK's form against its document type definition (XML 1.0 section 3)."""

from __future__ import annotations

from dicomkit.formats.xml_dtd import CHILDREN, attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.formats.xml_builder import Builder

__all__ = ["Validator"]

#: Elements whose children come in one order, each once.
_ORDERED: Final = {"file-format": ("meta-header", "data-set")}
#: Elements whose children are all alike.
_ALIKE: Final = ("sequence",)
#: Elements that have a child at least.
_NOT_EMPTY: Final = ("meta-header",)


class Validator:
    """Follows the elements of a document; what is not valid raises ParseError.

    Attributes:
        doctype: the root element that the document type declaration names; "" without one.
    """

    def __init__(self, builder: Builder) -> None:
        self.doctype = ""
        self._builder = builder
        self._attributes = {element: attributes(element) for element in CHILDREN}
        self._open: list[tuple[str, list[str]]] = []

    def start(self, element: str, given: dict[str, str]) -> None:
        """The start of an element."""
        if not self._open and self.doctype != element:
            what = f"is for {self.doctype!r}" if self.doctype else "is missing"
            raise self._builder.error(f"the document is not valid: the document type declaration {what}")
        if element not in CHILDREN:
            raise self._invalid(f"there is no element {element!r}")
        if self._open:
            self._check_place(element, *self._open[-1])
        self._check_attributes(element, given)
        self._open.append((element, []))

    def end(self) -> None:
        """The end of an element."""
        element, children = self._open.pop()
        if element in _ORDERED and tuple(children) != _ORDERED[element]:
            raise self._invalid(f"{element} has {', '.join(_ORDERED[element])}")
        if element in _NOT_EMPTY and not children:
            raise self._invalid(f"{element} is empty")

    def _check_place(self, element: str, parent: str, before: list[str]) -> None:
        words = CHILDREN[parent].translate(str.maketrans("()|*+,", "      ")).split()
        if element not in words or (parent in _ALIKE and before and element != before[0]):
            raise self._invalid(f"{element} cannot be in {parent}")
        if parent in _ORDERED or not before:  # of the others the first tells enough
            before.append(element)

    def _check_attributes(self, element: str, given: dict[str, str]) -> None:
        known = self._attributes[element]
        for name, value in given.items():
            if name not in known:
                raise self._invalid(f"{element} has no attribute {name!r}")
            choices = known[name][1]
            if choices and value not in choices:
                raise self._invalid(f"{value!r} is no value of the attribute {name}")
        for name, (required, _) in known.items():
            if required and name not in given:
                raise self._invalid(f"{element} lacks the attribute {name}")

    def _invalid(self, reason: str) -> Exception:
        return self._builder.error(f"the document is not valid: {reason}")
