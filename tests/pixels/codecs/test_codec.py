from __future__ import annotations

import pytest

from dicomkit.pixels.codecs import Codec, Codestream
from dicomkit.standard.transfer_syntax import TransferSyntax


@pytest.mark.parametrize(("bits", "size"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (32, 4), (64, 8)])
def test_bytes_of_a_sample(bits: int, size: int) -> None:
    assert Codestream(1, 1, 1, bits).itemsize == size


def test_options() -> None:
    codec = Codec(TransferSyntax.assumed("1.2.840.10008.1.2.5"))
    assert codec.merged({}) == {}
    with pytest.raises(TypeError, match="'level' is no option of RLE Lossless, which has no options"):
        codec.merged({"level": 3})
