from __future__ import annotations

import json
from pathlib import Path

from tools.import_facts import SIGNATURE_MODULES, main
from tools.standard_tables import private_rows, public_rows, tables

# With ; for the tabs.
SOURCE = {
    "data_elements": """\
tag;keyword;name;vr;vm;retired;origin
00280020;;;OB;1;Y;DICOM
00281200;GrayLookupTableData;Gray Lookup Table Data;US|SS|OW;1-n|1;Y;DICOM
00100010;PatientName;Patient's Name;PN;1;N;DICOM
""",
    "private_elements": """\
creator;group;element;vr;vm;name;sources
B ;0019;xx10;LO;256;Late;d
B ;0019;1010;LO;1;Fixed;d
SIEMENS MR VA0 GEN;0019;xx10;DS;1;Time;p
A;6001-60FF;xx01;US;2-2n;Ranged;p
""",
    "uids": """\
uid;name;keyword;type;retired
1.2.840.10008.1.2.10;Ten;Ten;Transfer Syntax;N
1.2.840.10008.1.2.2;Two;Two;Transfer Syntax;Y
""",
    "transfer_syntaxes": """\
uid;keyword;name;vr;endian;pixel_endian;encapsulated;deflated;compression;family;fragments_per_frame;retired
1.2.840.10008.1.2.2;Two;Two;explicit;big;big;N;N;none;none;N;Y
1.2.840.10008.1.2.10;Ten;Ten;explicit;little;little;Y;N;lossy;jpeg;Y;N
1.2.3;Private;Private One;implicit;little;big;N;N;none;none;N;N
""",
}

# Two shapes: the second is that of the items of the first.
SHAPES = [[["Rows", "1"], ["IconImageSequence", "3", 1]], [["Columns", "1"]]]


def test_tables(tmp_path: Path) -> None:
    source, facts = tmp_path / "source", tmp_path / "facts"
    source.mkdir()
    for name, text in SOURCE.items():
        (source / f"{name}.tsv").write_text(text.replace(";", "\t"))
    (source / "iods").mkdir()
    modules = {key: {"name": f"Module {key}", "shape": 0} for key in SIGNATURE_MODULES if key != "curve"}
    (source / "iods" / "modules.json").write_text(json.dumps(modules))
    (source / "iods" / "shapes.json").write_text(json.dumps(SHAPES))
    main(source, facts)
    rows = [(row.tag, row.keyword, row.vr, row.vm) for row in public_rows(facts)]
    assert rows == [
        (0x00100010, "PatientName", "PN", "1"),
        (0x00281200, "GrayLookupTableData", "US|SS|OW", "1-n"),
    ]
    private = {creator: [(row.tag, row.name, row.vm) for row in rows] for creator, rows in private_rows(facts).items()}
    assert private == {
        "A": [(0x60010001, "Ranged", "2-2n")],
        "B": [(0x00190010, "Late", "1-n"), (0x00191010, "Fixed", "1")],
        "SIEMENS MR VA0  GEN": [(0x00190010, "Time", "1")],
    }
    assert [line.split("\t")[0] for line in (facts / "uids.tsv").read_text().splitlines()[1:]] == [
        "1.2.3",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.10",
    ]
    assert (facts / "transfer_syntaxes.tsv").read_text().splitlines()[1:] == [
        "1.2.840.10008.1.2.2\t\tbig-endian big-endian-pixels",
        "1.2.840.10008.1.2.10\tjpeg\tencapsulated fragmentable lossy",
        "1.2.3\t\timplicit-vr big-endian-pixels",
    ]
    assert "REGISTERED_UIDS" in tables(facts)
    lines = (facts / "signature_modules.tsv").read_text().splitlines()
    assert lines[:5] == ["module", "\tattribute", "Module general-equipment", "\tIconImageSequence", "\tRows"]
    assert lines[lines.index("Curve") + 1] == "\tAxisLabels"
    after = lines.index("Module segmentation-image") + 1
    assert lines[after : after + 4] == [
        "\tIconImageSequence",
        "\tImageOrientationSlide",
        "\tRows",
        "Module encapsulated-document",
    ]
