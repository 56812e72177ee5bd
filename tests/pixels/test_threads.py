"""Many threads on one view of pixel data: frames, arrays and colour spaces at the same time, from memory and from a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels import PixelData
from dicomkit.pixels.codecs import jpeg2000

Make = Callable[..., Any]
SYNTAXES = [
    "ExplicitVRLittleEndian",
    "RLELossless",
    "JPEGLosslessSV1",
    "JPEGLSLossless",
    "JPEG2000Lossless",
    "HTJ2KLossless",
    "JPEGXLLossless",
    "DeflatedImageFrameCompression",
]


@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_all_at_once(image: Make, syntax: str, deferred: bool, tmp_path: Path) -> None:
    dataset, array = image(rows=40, columns=50, frames=30)
    dataset.compress(syntax)
    path = tmp_path / "image.dcm"
    dataset.save(path)
    read = dicomkit.read(path, defer_size=1) if deferred else dicomkit.read(path.read_bytes())
    assert read["PixelData"].is_in_memory != deferred
    pixels = PixelData(read)  # nothing of it is known yet
    start = threading.Barrier(6)
    wrong: list[object] = []

    def look(seed: int) -> None:
        try:
            start.wait()
            for number in np.random.default_rng(seed).permutation(30):
                if not np.array_equal(pixels.frame(int(number)), array[number]):
                    wrong.append(number)
                if seed == 0 and number % 10 == 0 and not np.array_equal(pixels.array(workers=2), array):
                    wrong.append("array")
                if pixels.color_space(int(number)) != "MONOCHROME2":
                    wrong.append("space")
        except Exception as error:  # whatever it is, the test says it
            wrong.append(error)

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_view_of_a_data_set(image: Make) -> None:
    """`ds.pixels` of many threads, of a data set that nobody has looked at."""
    dataset, array = image(frames=8)
    dataset.compress("JPEGLSLossless")
    data = dataset.to_bytes()
    for _ in range(20):
        read = dicomkit.read(data)
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda read=read, found=found: found.append(read.pixels.array())) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert all(np.array_equal(each, array) for each in found)


def test_several_data_sets_are_transcoded_at_once(image: Make) -> None:
    dataset, array = image(frames=6)
    data = dataset.to_bytes()
    done: list[bool] = []

    def work(syntax: str) -> None:
        read = dicomkit.read(data)
        for target in (syntax, "RLELossless", "ExplicitVRLittleEndian"):
            read.compress(target)
        done.append(np.array_equal(read.pixels.array(), array))

    threads = [threading.Thread(target=work, args=(syntax,)) for syntax in SYNTAXES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * len(SYNTAXES)


def test_the_first_frame_of_htj2k_is_encoded_alone(image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenJPH makes its tables with the first: frames that are encoded at that time come out wrong, about once in twenty."""
    monkeypatch.setattr(jpeg2000, "_encoded", set())
    encode = jpeg2000.call
    running: list[int] = []
    at_once: list[int] = []

    def slow(name: str, *args: Any, **options: Any) -> Any:
        if name != "htj2k_encode":
            return encode(name, *args, **options)
        running.append(1)
        at_once.append(len(running))
        time.sleep(0.02)
        made = encode(name, *args, **options)
        running.pop()
        return made

    monkeypatch.setattr(jpeg2000, "call", slow)
    dataset, array = image(rows=40, columns=50, frames=12)
    dataset.compress("HTJ2KLossless", workers=4)
    assert np.array_equal(dataset.pixels.array(), array)
    assert at_once[:2] == [1, 1]
    assert max(at_once) > 1  # but later ones are not
    assert jpeg2000._encoded == {(True, 2)}
