"""Reduce full tables of PS3.3, PS3.5 and PS3.6 to what dicomkit carries in `facts/`.

    python -m tools.import_facts SOURCE_DIR

SOURCE_DIR holds data_elements.tsv, private_elements.tsv, uids.tsv and transfer_syntaxes.tsv, each with a header line, and
iods/modules.json (id -> {"name", "shape"}) and iods/shapes.json (a list of lists of [keyword, type, shape of items]).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# Private creators with two spaces inside, one of which is lost in the source.
TWO_SPACES = ("SIEMENS CM VA0 ", "SIEMENS CT VA0 ", "SIEMENS MR VA0 ", "SIEMENS SMS-AX ")

# The modules that the digital signature profiles name (PS3.15 C.2), in its order. What is General Acquisition now was in the
# General Image Module when the profiles were written; their "Implant Template Module" is called Generic Implant Template
# Description in PS3.3.
SIGNATURE_MODULES = (
    "general-equipment",
    "overlay-plane",
    "curve",
    "graphic-annotation",
    "general-image",
    "general-acquisition",
    "image-pixel",
    "sr-document-general",
    "sr-document-content",
    "waveform",
    "waveform-annotation",
    "multi-frame-functional-groups",
    "enhanced-mr-image",
    "mr-spectroscopy",
    "raw-data",
    "enhanced-ct-image",
    "enhanced-xa-xrf-image",
    "segmentation-image",
    "encapsulated-document",
    "x-ray-3d-image",
    "enhanced-pet-image",
    "enhanced-us-image",
    "surface-segmentation",
    "surface-mesh",
    "structured-display",
    "structured-display-annotation",
    "structured-display-image-box",
    "generic-implant-template-description",
    "implant-assembly-template",
    "implant-template-group",
    "point-cloud",
    "enhanced-mammography-image",
    "tractography-results",
    "volumetric-graphic-annotation",
)

# What these modules had before: files of that time have it still. Curves went with PS3.3 2004, C.10.2.
EARLIER_ATTRIBUTES = {
    "curve": (
        "CurveDimensions",
        "NumberOfPoints",
        "TypeOfData",
        "CurveDescription",
        "AxisUnits",
        "AxisLabels",
        "DataValueRepresentation",
        "MinimumCoordinateValue",
        "MaximumCoordinateValue",
        "CurveRange",
        "CurveDataDescriptor",
        "CoordinateStartValue",
        "CoordinateStepValue",
        "CurveLabel",
        "CurveReferencedOverlaySequence",
        "CurveData",
    ),
    "segmentation-image": ("ImageOrientationSlide",),
}

FACTS = Path(__file__).resolve().parent.parent / "facts"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        names = next(lines).rstrip("\n").split("\t")
        for line in lines:
            yield dict(zip(names, line.rstrip("\n").split("\t"), strict=True))


def _vm(text: str) -> str:
    """The widest form: "1-n|1" is 1-n. Counts above 255, which no public element has, become "1-n"."""
    first = text.split("|")[0]
    return "1-n" if first.isdigit() and int(first) > 255 else first


def _creator(name: str) -> str:
    for prefix in TWO_SPACES:
        if name.startswith(prefix):
            return f"{prefix} {name.removeprefix(prefix).strip()}"
    return name.rstrip(" ")


def data_elements(source: Path) -> Iterator[str]:
    """Public data elements; those that PS3.6 leaves without name and keyword have no VR to go by either."""
    yield "tag\tkeyword\tname\tvr\tvm\tretired"
    for row in sorted(_rows(source / "data_elements.tsv"), key=lambda row: row["tag"]):
        if row["keyword"]:
            yield "\t".join((row["tag"], row["keyword"], row["name"], row["vr"], _vm(row["vm"]), row["retired"]))


def private_elements(source: Path) -> Iterator[str]:
    """Private data elements: a line with the private creator, then its elements, each after a tab."""
    yield "creator\n\tgroup\telement\tvr\tvm\tname"
    creators: dict[str, list[tuple[str, ...]]] = {}
    for row in _rows(source / "private_elements.tsv"):
        fields = (row["group"], row["element"], row["vr"], _vm(row["vm"]), row["name"])
        creators.setdefault(_creator(row["creator"]), []).append(fields)
    for creator, elements in sorted(creators.items()):
        yield creator
        for element in sorted(elements):
            yield "\t" + "\t".join(element)


def uids(source: Path) -> Iterator[str]:
    """Registered UIDs of PS3.6 Annex A, and the private transfer syntaxes that are in use."""
    yield "uid\tkeyword\tname\ttype\tretired"
    registered = {
        row["uid"]: (row["keyword"], row["name"], row["type"], row["retired"]) for row in _rows(source / "uids.tsv")
    }
    for row in _rows(source / "transfer_syntaxes.tsv"):
        registered.setdefault(row["uid"], (row["keyword"], row["name"], "Transfer Syntax", row["retired"]))
    for uid, fields in sorted(registered.items(), key=lambda item: [int(part) for part in item[0].split(".")]):
        yield "\t".join((uid, *fields))


def transfer_syntaxes(source: Path) -> Iterator[str]:
    """What a transfer syntax does to the data set (`properties`) and which codec its pixel data needs (`family`)."""
    yield "uid\tfamily\tproperties"
    for row in _rows(source / "transfer_syntaxes.tsv"):
        properties = {
            "implicit-vr": row["vr"] == "implicit",
            "big-endian": row["endian"] == "big",
            "big-endian-pixels": row["pixel_endian"] == "big",
            "deflated": row["deflated"] == "Y",
            "encapsulated": row["encapsulated"] == "Y",
            "referenced": row["encapsulated"] == "referenced",
            "stream": row["encapsulated"] == "stream",
            "fragmentable": row["fragments_per_frame"] == "Y",
            "lossless": row["compression"] == "lossless",
            "lossy": row["compression"] == "lossy",
        }
        family = "" if row["family"] == "none" else row["family"]
        yield "\t".join((row["uid"], family, " ".join(name for name, holds in properties.items() if holds)))


def signature_modules(source: Path) -> Iterator[str]:
    """The modules that digital signature profiles name, with their attributes at the top level, each after a tab."""
    yield "module\n\tattribute"
    modules = json.loads((source / "iods" / "modules.json").read_text(encoding="utf-8"))
    shapes = json.loads((source / "iods" / "shapes.json").read_text(encoding="utf-8"))
    for key in SIGNATURE_MODULES:
        module = modules.get(key, {"name": key.title(), "shape": None})
        attributes = [] if module["shape"] is None else [attribute[0] for attribute in shapes[module["shape"]]]
        yield module["name"]
        for keyword in sorted({*attributes, *EARLIER_ATTRIBUTES.get(key, ())}):
            yield f"\t{keyword}"


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")


def main(source: Path, facts: Path = FACTS) -> None:
    facts.mkdir(exist_ok=True)
    for table in (data_elements, private_elements, uids, transfer_syntaxes, signature_modules):
        _write(facts / f"{table.__name__}.tsv", table(source))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
