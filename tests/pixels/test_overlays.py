from __future__ import annotations

import numpy as np

import dicomkit
from dicomkit.pixels.layout import Layout
from dicomkit.pixels.overlays import EmbeddedOverlays

LAYOUT = Layout(3, 3, 1, 16, 12, 11, False, False, "MONOCHROME2")


def test_which_are_in_the_cells() -> None:
    dataset = dicomkit.Dataset()
    dataset[0x60000102] = 0  # overlay data of its own
    dataset[0x60003000] = b"\0\0"
    dataset[0x60020102] = 12
    dataset[0x60040102] = 3  # in the sample: it cannot be
    assert EmbeddedOverlays(dataset, LAYOUT).positions == {0x6002: 12}


def test_frames_behind_one_another() -> None:
    dataset = dicomkit.Dataset()
    dataset[0x60000102] = 15
    overlays = EmbeddedOverlays(dataset, LAYOUT)
    bits = np.random.default_rng(0).integers(0, 2, (3, 3, 3), np.uint16)
    for plane in bits:
        overlays.take(plane << 15 | 0x123)
    overlays.put(dataset)
    assert dataset[0x60003000].value == np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little").tobytes()
