"""The document type definition of DCMTK's form, for documents that carry it and for checking those that are read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["CHILDREN", "attributes", "dtd"]

#: Element -> the elements in it, as a regular expression of XML 1.0 section 3.2.1.
CHILDREN: Final = {
    "file-format": "(meta-header, data-set)",
    "meta-header": "(element+)",
    "data-set": "(element | sequence)*",
    "sequence": "(item* | pixel-item*)",
    "item": "(element | sequence)*",
    "element": "(#PCDATA)",
    "pixel-item": "(#PCDATA)",
}

_REQUIRED: Final = "#REQUIRED"
_IMPLIED: Final = "#IMPLIED"

#: Element -> attribute -> its type and default.
_ATTRIBUTES: Final = {
    "file-format": {"xmlns": ("CDATA", _IMPLIED)},
    "meta-header": {"xfer": ("NMTOKEN", _REQUIRED), "name": ("CDATA", _IMPLIED)},
    "data-set": {"xfer": ("NMTOKEN", _REQUIRED), "name": ("CDATA", _IMPLIED), "xmlns": ("CDATA", _IMPLIED)},
    "element": {
        "tag": ("CDATA", _REQUIRED),
        "vr": ("NMTOKEN", _REQUIRED),
        "vm": ("NMTOKEN", _IMPLIED),
        "len": ("NMTOKEN", _IMPLIED),
        "name": ("CDATA", _IMPLIED),
        "loaded": ("(yes | no)", '"yes"'),
        "binary": ("(yes | no | hidden | base64 | file)", '"no"'),
    },
    "sequence": {
        "tag": ("CDATA", _REQUIRED),
        "vr": ("NMTOKEN", _REQUIRED),
        "card": ("NMTOKEN", _IMPLIED),
        "len": ("NMTOKEN", _IMPLIED),
        "name": ("CDATA", _IMPLIED),
    },
    "item": {"card": ("NMTOKEN", _IMPLIED), "len": ("NMTOKEN", _IMPLIED), "offset": ("NMTOKEN", _IMPLIED)},
    "pixel-item": {
        "len": ("NMTOKEN", _IMPLIED),
        "loaded": ("(yes | no)", '"yes"'),
        "binary": ("(yes | hidden | base64 | file)", '"yes"'),
    },
}


def attributes(element: str) -> dict[str, tuple[bool, frozenset[str]]]:
    """The attributes of an element: whether each is required, and its values if they are a choice."""
    choices = {}
    for name, (kind, default) in _ATTRIBUTES[element].items():
        values = kind.strip("()").split(" | ") if kind.startswith("(") else []
        choices[name] = (default == _REQUIRED, frozenset(values))
    return choices


def dtd() -> str:
    """The declarations."""
    lines = []
    for element, children in CHILDREN.items():
        lines.append(f"<!ELEMENT {element} {children}>")
        for name, (kind, default) in _ATTRIBUTES[element].items():
            lines.append(f"<!ATTLIST {element} {name} {kind} {default}>")
    return "\n".join(lines) + "\n"
