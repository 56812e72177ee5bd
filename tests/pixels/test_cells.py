from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.pixels.cells import as_unsigned, extend_sign, put_samples
from dicomkit.pixels.layout import Layout


def layout(allocated: int, stored: int, high_bit: int, signed: bool) -> Layout:
    return Layout(1, 1, 1, allocated, stored, high_bit, signed, False, "MONOCHROME2")


def sample(cell: int, stored: int, high_bit: int, signed: bool) -> int:
    """PS3.5 8.1.1, slowly."""
    bits = (cell >> (high_bit + 1 - stored)) & ((1 << stored) - 1)
    return bits - (1 << stored) if signed and bits >> (stored - 1) else bits


@given(st.data())
def test_any_cell(data: st.DataObject) -> None:
    allocated = data.draw(st.sampled_from([8, 16, 32, 64]))
    stored = data.draw(st.integers(1, allocated))
    high_bit = data.draw(st.integers(stored - 1, allocated - 1))
    signed = data.draw(st.booleans())
    cells = data.draw(st.lists(st.integers(0, (1 << allocated) - 1), min_size=1, max_size=9))
    kind = "i" if signed else "u"
    array = np.array(cells, f"u{allocated // 8}").view(f"{kind}{allocated // 8}")
    out = np.empty_like(array)
    put_samples(array, layout(allocated, stored, high_bit, signed), out)
    assert out.tolist() == [sample(cell, stored, high_bit, signed) for cell in cells]
    put_samples(array, layout(allocated, stored, high_bit, signed), array)  # in place
    assert array.tolist() == out.tolist()


def test_sign() -> None:
    samples = np.array([0x0FFF, 0x07FF, 0x0800], np.int16)
    extend_sign(samples, 12)
    assert samples.tolist() == [-1, 2047, -2048]


@pytest.mark.parametrize(("bits", "dtype"), [(6, np.uint8), (8, np.uint8), (9, np.uint16), (16, np.uint16)])
def test_unsigned(bits: int, dtype: type) -> None:
    samples = np.array([-1, 0, 1], np.int16)
    unsigned = as_unsigned(samples, bits)
    assert unsigned.dtype == dtype
    assert unsigned.tolist() == [(1 << bits) - 1, 0, 1]
    assert samples.tolist() == [-1, 0, 1]
