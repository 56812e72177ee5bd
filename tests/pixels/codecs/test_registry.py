from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import UnsupportedTransferSyntax
from dicomkit.pixels.codecs import Codec, Codestream, Target, codec_for, handling, registry
from dicomkit.standard.transfer_syntax import TransferSyntax


def test_every_transfer_syntax_is_in_the_table() -> None:
    assert set(registry.HANDLING) == {str(syntax.uid) for syntax in TransferSyntax.all()}


@pytest.mark.parametrize("syntax", TransferSyntax.all(), ids=str)
def test_the_table_agrees_with_the_facts(syntax: TransferSyntax) -> None:
    kind = handling(syntax)
    assert syntax.referenced == (kind == "referenced")
    assert syntax.stream == (kind == "stream")
    assert syntax.encapsulated == (kind in ("codec", "video"))
    if kind == "codec":
        assert codec_for(syntax).syntax == syntax
        assert codec_for(syntax) is codec_for(syntax)
    else:
        with pytest.raises(UnsupportedTransferSyntax):
            codec_for(syntax)


class Inverted(Codec):
    """What a program may add."""

    def inspect(self, data: Any, layout: Any) -> Codestream:
        return Codestream(layout.rows, layout.columns, layout.samples, 8)

    def decode(self, data: Any, stream: Codestream, out: Any, to_rgb: bool) -> bool:
        out[...] = ~np.frombuffer(data, np.uint8, out.size).reshape(out.shape)
        return False

    def target(self, layout: Any, space: str, options: Any) -> Target:
        return Target(layout.coded(space), space, None, self.merged(options))

    def encode(self, frame: Any, target: Target) -> bytes:
        return (~frame).tobytes()


def test_programs_may_add_codecs(image: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def entry_points(group: str) -> list[EntryPoint]:
        assert group == "dicomkit.codecs"
        return [EntryPoint("1.2.840.10008.1.2.4.58", f"{__name__}:Inverted", group)]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda self: Inverted)
    registry._added.cache_clear()
    registry._codec.cache_clear()
    try:
        dataset, array = image(allocated=8, frames=2)
        dataset.compress("1.2.840.10008.1.2.4.58")
        assert np.array_equal(dicomkit.read(dataset.to_bytes()).pixels.array(), array)
    finally:
        registry._added.cache_clear()
        registry._codec.cache_clear()
