from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels.native_frames import put_native, spool_native

Make = Callable[..., Any]


@pytest.mark.parametrize("by_plane", [False, True])
@pytest.mark.parametrize("kind", [{"samples": 3}, {"samples": 3, "allocated": 8}, {"allocated": 8}, {"allocated": 1}])
def test_native_frames(image: Make, kind: dict[str, int], by_plane: bool) -> None:
    dataset, array = image(frames=3, rows=3, columns=3, **kind)
    native = spool_native(iter(array), dataset.pixels._layout, by_plane=by_plane)
    other = dicomkit.read(dataset.to_bytes())
    put_native(other, native)
    after = dicomkit.read(other.to_bytes())
    assert np.array_equal(after.pixels.array(), array)
    assert after.get("PlanarConfiguration") == (int(by_plane) if "samples" in kind else None)
    if by_plane and "samples" in kind:
        expected = array.transpose(0, 3, 1, 2).astype(array.dtype.newbyteorder("<")).tobytes()
        assert after.PixelData[: len(expected)] == expected
