from __future__ import annotations

from pathlib import Path

from dicomkit.security.signatures.modules import MODULES
from dicomkit.standard import Tag
from tools.import_facts import SIGNATURE_MODULES
from tools.signature_modules import MODULE, modules, signature_modules

FACTS = Path(__file__).parents[2] / "facts"


def test_the_module_is_up_to_date() -> None:
    assert MODULE.read_text(encoding="utf-8") == signature_modules(FACTS), "run python -m tools.signature_modules"


def test_the_tags_are_those_of_the_facts() -> None:
    assert {name: [int(tag, 16) for tag in tags.split()] for name, tags in MODULES.items()} == dict(modules(FACTS))
    assert len(MODULES) == len(SIGNATURE_MODULES)
    assert list(map(Tag, ("GraphicAnnotationSequence",))) == dict(modules(FACTS))["Graphic Annotation"]


def test_repeating_groups_are_the_first() -> None:
    for name, group in (("Overlay Plane", 0x6000), ("Curve", 0x5000)):
        assert {tag >> 16 for tag in dict(modules(FACTS))[name]} == {group}
