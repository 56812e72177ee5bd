"""A codec in a package of its own, installed as pip would leave it, with an entry point."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

MODULE = '''
import numpy as np
from dicomkit.pixels.codecs import Codec, Codestream, Target


class Inverted(Codec):
    """Samples of 8 bits, inverted."""

    defaults = {"times": 1}

    def inspect(self, data, layout):
        return Codestream(layout.rows, layout.columns, layout.samples, 8)

    def decode(self, data, stream, out, to_rgb):
        out[...] = ~np.frombuffer(data, np.uint8, out.size).reshape(out.shape)
        return False

    def target(self, layout, space, options):
        return Target(layout.coded(space), space, None, self.merged(options))

    def encode(self, frame, target):
        return (~frame).tobytes() * target.options["times"]
'''
PROGRAM = """
    import dicomkit, numpy as np
    from dicomkit.pixels.codecs import codec_for, handling
    from dicomkit.standard.transfer_syntax import TransferSyntax
    syntax = {uid!r}
    assert handling(TransferSyntax.assumed(syntax)) == "codec"
    assert type(codec_for(TransferSyntax.assumed(syntax))).__module__ == "inverted"
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    dataset = dicomkit.new("MultiFrameGrayscaleByteSecondaryCaptureImageStorage")
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames, dataset.SamplesPerPixel = 3, 4, 2, 1
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.PhotometricInterpretation = 7, 0, "MONOCHROME2"
    dataset.PixelData = array.tobytes()
    dataset.compress(syntax, times=3)
    read = dicomkit.read(dataset.to_bytes())
    assert read.transfer_syntax == syntax
    assert bytes(read.pixels.encoded(1)) == (~array[1]).tobytes() * 3
    assert np.array_equal(read.pixels.array(), array)
    read.decompress()
    assert np.array_equal(read.pixels.array(), array)
    try:
        dataset.compress(syntax, level=1)
    except TypeError:
        pass
    else:
        raise AssertionError("an option that there is not")
    read.compress("JPEGLSLossless")
    assert np.array_equal(read.pixels.array(), array)
"""


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.58", "1.2.826.0.1.3680043.2.1545.9.1"])
def test_it_is_used(uid: str, tmp_path: Path) -> None:
    """In place of a built-in one, for a transfer syntax that is retired, and for a private one."""
    (tmp_path / "inverted.py").write_text(MODULE)
    folder = tmp_path / "inverted-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: inverted\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[dicomkit.codecs]\n{uid} = inverted:Inverted\n")
    (folder / "RECORD").write_text("")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))}
    program = textwrap.dedent(PROGRAM).format(uid=uid)
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_it_is_not_there_without(image: object) -> None:
    import dicomkit

    dataset = dicomkit.Dataset()
    with pytest.raises(ValueError, match="no transfer syntax"):
        dataset.compress("1.2.826.0.1.3680043.2.1545.9.1")
