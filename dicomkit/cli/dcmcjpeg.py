"""`dicomkit dcmcjpeg`: encode a DICOM file to JPEG, as DCMTK's dcmcjpeg does. The exit code is 1 if it cannot."""

from __future__ import annotations

from dicomkit.cli.codec_options import encapsulation
from dicomkit.cli.dcmcjpeg_options import GROUPS, PARAMETERS, check
from dicomkit.cli.jpeg_decoding import FAMILIES, decoding
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, Refusal, compress_pixels, has_pixels, no_conversion
from dicomkit.errors import DicomError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "run"]

DEFAULT_PREDICTOR: Final = 6  # of --encode-lossless
LOSSLESS: Final = ("JPEGLosslessSV1", "JPEGLossless")
MOST_BITS: Final = {"JPEGBaseline8Bit": 8, "JPEGExtended12Bit": 12}


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Encode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """
    check(options)
    encoder = _Encoder(options, log)
    return PixelConversion(options, out, log, encoder.work).run(single_job(options))


class _Encoder:
    """What a command line wants to be done with a data set."""

    def __init__(self, options: Options, log: Log) -> None:
        self.options = options
        self.log = log
        self.process = options.get("process", LOSSLESS[0])
        self.renders = self.process not in LOSSLESS or not options.get("true_lossless", True)
        self.arguments = {**encapsulation(options), **self.codec_options()}

    def codec_options(self) -> dict[str, Any]:
        """What the codec is told."""
        options = self.options
        if self.process in LOSSLESS:
            default = DEFAULT_PREDICTOR if self.process == "JPEGLossless" else 1
            return {
                "predictor": options.get("predictor", default),
                "point_transform": options.get("point_transform", 0),
            }
        return {
            "quality": max(options.get("quality", 90), 1),  # 0 and 1 are the same to libjpeg
            "smoothing": options.get("smoothing", 0),
            "optimize": options.get("optimize", True),
            "color": "rgb" if options.get("color") == "rgb" else "ybr",
            "subsampling": options.get("sampling", ("422", ""))[0],
        }

    def work(self, dataset: Dataset, name: str) -> None:
        """Encode a data set.

        Raises:
            Refusal: it cannot be encoded.
        """
        self.decompress(dataset)
        if not has_pixels(dataset):
            compress_pixels(dataset, self.process, self.log, self.options, {})
            return
        pixels = dataset.pixels
        size = len(pixels) * pixels._layout.frame_bits / 8
        changed = False
        if self.renders:
            from dicomkit.cli.gray_options import make_gray

            try:
                changed = make_gray(dataset, self.options, MOST_BITS.get(self.process, 16))
            except DicomError as error:
                raise no_conversion(error, self.process, self.log) from None
        compress_pixels(dataset, self.process, self.log, self.options, {**self.arguments, "original_size": size})
        if changed and self.process in LOSSLESS:
            self.note_loss(dataset, size)
        interpretation = self.options.get("sampling", ("", ""))[1]
        if interpretation and str(dataset.PhotometricInterpretation).startswith("YBR"):
            dataset.PhotometricInterpretation = interpretation

    def decompress(self, dataset: Dataset) -> None:
        """Decode what is JPEG already.

        Raises:
            Refusal: it is compressed otherwise.
        """
        from dicomkit.pixels.stored import transfer_syntax_of

        syntax = transfer_syntax_of(dataset)
        if not syntax.encapsulated:
            return
        try:
            if syntax.family in FAMILIES:
                if has_pixels(dataset):
                    dataset.decompress(**decoding(dataset, self.options, None if self.renders else "never")[0])
                return
        except DicomError as error:
            self.log.error(str(error))
        raise Refusal("no conversion from compressed original to uncompressed transfer syntax possible!")

    def note_loss(self, dataset: Dataset, size: float) -> None:
        """Say that values are not what they were, although the codec lost nothing."""
        from dicomkit.pixels.attributes import note_loss
        from dicomkit.pixels.encapsulation import syntax_of

        if dataset.get("LossyImageCompression") == "01" and self.arguments["point_transform"]:
            return  # the codec did, and it is noted
        pixels = dataset.pixels
        ratio = size / sum(len(pixels.encoded(number)) for number in range(len(pixels)))
        new = self.arguments["new_instance"] is None
        note_loss(dataset, syntax_of(self.process), "ISO_10918_1", ratio, new_instance=new)
