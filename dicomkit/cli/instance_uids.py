"""New UIDs for what a tool makes of a text: the options, and what they do."""

from __future__ import annotations

from dicomkit.cli.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset import Dataset

__all__ = ["UNIQUE_IDENTIFIERS", "UNIQUE_IDENTIFIERS_APART", "generate_uids"]

INSTANCE_UIDS: Final = ((0x0020000D, "Study"), (0x0020000E, "Series"), (0x00080018, "SOP"))
GENERATE: Final = "--generate-new-uids"


def _unique_identifiers(needs: str) -> tuple[str, tuple[Option, ...]]:
    return (
        "unique identifiers",
        (
            Option(f"+Ug {GENERATE}", "new_uids", True, "generate new Study/Series/SOP Instance UID"),
            Option(
                "-Uo --dont-overwrite-uids",
                "overwrite_uids",
                False,
                "do not overwrite existing UIDs (default)",
                needs=needs,
            ),
            Option("+Uo --overwrite-uids", "overwrite_uids", True, "overwrite existing UIDs", needs=needs),
        ),
    )


UNIQUE_IDENTIFIERS: Final = _unique_identifiers(GENERATE)
UNIQUE_IDENTIFIERS_APART: Final = _unique_identifiers("")  # of dump2dcm, which does not mind


def generate_uids(dataset: Dataset, options: Options, log: Log) -> None:
    """Give a data set the instance UIDs that it has not, or others, if the options ask for that."""
    if not options.get("new_uids"):
        return
    from dicomkit.standard.uid import UID

    for tag, name in INSTANCE_UIDS:
        if options.get("overwrite_uids") or not dataset.get(tag):
            log.info(f"generating new {name} Instance UID")
            dataset[tag] = UID.generate()
