from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels import encapsulate
from dicomkit.pixels import encapsulation as module


def test_frames(image: Callable[..., Any]) -> None:
    import imagecodecs

    dataset, array = image(frames=3, allocated=8, rows=20, columns=20)
    encapsulate(
        dataset, (imagecodecs.jpeg2k_encode(frame, level=0, codecformat="J2K") for frame in array), "JPEG2000Lossless"
    )
    read = dicomkit.read(dataset.to_bytes())
    assert read.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    assert np.array_equal(read.pixels.array(), array)


def test_video(image: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, _ = image(frames=100, samples=3, allocated=8)
    stream = bytes(range(256)) * 10 + b"x"
    encapsulate(dataset, [stream[:1000], stream[1000:]], "MPEG4HP41F")
    pixels = dicomkit.read(dataset.to_bytes()).pixels
    assert len(pixels) == 100
    assert b"".join(pixels.video()) == stream + b"\0"
    with pytest.raises(CodecError, match="depend on one another"):
        pixels.encoded(0)
    monkeypatch.setattr(module, "LONGEST", 2000)
    monkeypatch.setattr(module, "LARGEST_FRAGMENT", 1000)
    encapsulate(dataset, [stream], "MPEG4HP41F")
    assert [len(part) for part in dataset.pixels.video()] == [1000, 1000, 562]
    with pytest.raises(CodecError, match="one fragment"):
        encapsulate(dataset, [stream], "MPEG4HP41")


def test_what_cannot_be(image: Callable[..., Any]) -> None:
    dataset, _ = image()
    with pytest.raises(UnsupportedTransferSyntax):
        encapsulate(dataset, [b""], "ImplicitVRLittleEndian")
    with pytest.raises(ValueError, match="no transfer syntax"):
        encapsulate(dataset, [b""], "JPEG")
    with pytest.raises(CodecError, match="no video"):
        dataset.pixels.video()
