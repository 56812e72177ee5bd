"""Value representations (PS3.5 6.2)."""

from __future__ import annotations

__all__ = ["VR", "VRS"]


class VR:
    """What PS3.5 says of a value representation.

    Attributes:
        code: its two letters.
        name: its name.
        value_type: Python type of one value, by name: "str", "int", "float", "bytes", "Tag", "UID", "PersonName",
            "Date", "Time", "DateTime" or "Sequence".
        max_length: most characters of one value (for PN of each component group); None if only the length field limits
            it.
        is_string: whether the value is written in characters.
        is_text: whether it is free text: leading spaces count, lines may break, and a backslash separates nothing.
        item_size: bytes of one number; 1 for characters and bytes; 0 for a sequence.
        multi_valued: whether a value may have several parts (a backslash between them, in text).
        character_set: whether Specific Character Set (0008,0005) applies to it.
        long_header: whether explicit VR has a 32-bit length field for it, after two reserved bytes (PS3.5 7.1.2).
    """

    __slots__ = (
        "character_set",
        "code",
        "is_string",
        "is_text",
        "item_size",
        "long_header",
        "max_length",
        "multi_valued",
        "name",
        "value_type",
    )

    def __init__(
        self, code: str, name: str, value_type: str, max_length: int | None, item_size: int, properties: str
    ) -> None:
        self.code = code
        self.name = name
        self.value_type = value_type
        self.max_length = max_length
        self.item_size = item_size
        self.is_string = "string" in properties
        self.is_text = "text" in properties
        self.multi_valued = "multi" in properties
        self.character_set = "charset" in properties
        self.long_header = "long" in properties

    @property
    def padding(self) -> bytes:
        """What makes a value of odd length even: a space in strings but UI, NUL in all others."""
        return b" " if self.is_string and self.code != "UI" else b"\0"

    def __repr__(self) -> str:
        return f"<VR {self.code} {self.name}>"


# PS3.5 Table 6.2-1, and 7.1.2 for "long". Lengths of DA, DT and TM are those outside of queries.
VRS = {
    vr.code: vr
    for vr in (
        VR("AE", "Application Entity", "str", 16, 1, "string multi"),
        VR("AS", "Age String", "str", 4, 1, "string multi"),
        VR("AT", "Attribute Tag", "Tag", None, 4, "multi"),
        VR("CS", "Code String", "str", 16, 1, "string multi"),
        VR("DA", "Date", "Date", 8, 1, "string multi"),
        VR("DS", "Decimal String", "float", 16, 1, "string multi"),
        VR("DT", "Date Time", "DateTime", 26, 1, "string multi"),
        VR("FL", "Floating Point Single", "float", None, 4, "multi"),
        VR("FD", "Floating Point Double", "float", None, 8, "multi"),
        VR("IS", "Integer String", "int", 12, 1, "string multi"),
        VR("LO", "Long String", "str", 64, 1, "string multi charset"),
        VR("LT", "Long Text", "str", 10240, 1, "string text charset"),
        VR("OB", "Other Byte", "bytes", None, 1, "long"),
        VR("OD", "Other Double", "bytes", None, 8, "long"),
        VR("OF", "Other Float", "bytes", None, 4, "long"),
        VR("OL", "Other Long", "bytes", None, 4, "long"),
        VR("OV", "Other 64-bit Very Long", "bytes", None, 8, "long"),
        VR("OW", "Other Word", "bytes", None, 2, "long"),
        VR("PN", "Person Name", "PersonName", 64, 1, "string multi charset"),
        VR("SH", "Short String", "str", 16, 1, "string multi charset"),
        VR("SL", "Signed Long", "int", None, 4, "multi"),
        VR("SQ", "Sequence of Items", "Sequence", None, 0, "long"),
        VR("SS", "Signed Short", "int", None, 2, "multi"),
        VR("ST", "Short Text", "str", 1024, 1, "string text charset"),
        VR("SV", "Signed 64-bit Very Long", "int", None, 8, "multi long"),
        VR("TM", "Time", "Time", 14, 1, "string multi"),
        VR("UC", "Unlimited Characters", "str", None, 1, "string multi charset long"),
        VR("UI", "Unique Identifier (UID)", "UID", 64, 1, "string multi"),
        VR("UL", "Unsigned Long", "int", None, 4, "multi"),
        VR("UN", "Unknown", "bytes", None, 1, "long"),
        VR("UR", "Universal Resource Identifier or Universal Resource Locator (URI/URL)", "str", None, 1, "string long"),
        VR("US", "Unsigned Short", "int", None, 2, "multi"),
        VR("UT", "Unlimited Text", "str", None, 1, "string text charset long"),
        VR("UV", "Unsigned 64-bit Very Long", "int", None, 8, "multi long"),
    )
}
