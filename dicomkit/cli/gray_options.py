"""Grey values mapped to those that lossy JPEG has room for, as the options of dcmcjpeg want it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.pixels.gray import GrayImage

__all__ = ["make_gray"]

CT: Final = "1.2.840.10008.5.1.4.1.1.2"
#: X-Ray Angiographic, Radiofluoroscopic, and Angiographic Bi-Plane: their Modality LUT is for display (PS3.3 C.8.7.2)
X_RAY: Final = ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2", "1.2.840.10008.5.1.4.1.1.12.3")
PRECISIONS: Final = (8, 12, 16)


def make_gray(dataset: Dataset, options: Options, most: int) -> bool:
    """Remove colour, apply a window, or scale values into fewer bits, if that is asked for or needed.

    Args:
        dataset: the data set, with native pixel data.
        options: the command line.
        most: bits that the JPEG process has.

    Returns:
        Whether values changed.

    Raises:
        CodecError: that cannot be done with this data set.
    """
    from dicomkit.pixels.gray import GrayImage, remove_color

    changed = False
    if options.get("color") == "monochrome" and dataset.get("SamplesPerPixel") == 3:
        remove_color(dataset)
        changed = True
    if dataset.get("PhotometricInterpretation", "MONOCHROME2") not in ("MONOCHROME1", "MONOCHROME2"):
        return changed
    image = GrayImage(dataset)
    forced = options.get("bits", 0)
    fitting = next(bits for bits in PRECISIONS if bits >= min(image.bits, most))
    bits = forced or fitting
    window = options.get("window")
    if window is not None:
        _apply(image, dataset, window, bits)
        return True
    if not image.signed and image.bits <= bits == fitting:
        return changed
    low: float = image.lowest
    high: float = image.highest
    if options.get("scaling", "pixel") == "pixel":
        values, _ = image.histogram()
        low, high = values[0], values[-1]
    sop_class = dataset.get("SOPClassUID")
    rescale = sop_class == CT or (options.get("rescale", False) and sop_class not in X_RAY)
    image.stretch(bits, float(low), float(high), rescale=rescale, unit="HU" if sop_class == CT else "US")
    return True


def _apply(image: GrayImage, dataset: Dataset, window: tuple[str, object], bits: int) -> None:
    """Apply the window or look-up table that an option names."""
    from dicomkit.errors import CodecError

    option, argument = window
    if option == "--use-voi-lut":
        assert isinstance(argument, int)
        image.apply_lut(bits, argument)
        return
    if option == "--set-window":
        assert isinstance(argument, tuple)
        center, width = argument
    elif option == "--use-window":
        assert isinstance(argument, int)
        centers, widths = (_several(dataset.get(keyword)) for keyword in ("WindowCenter", "WindowWidth"))
        if argument > min(len(centers), len(widths)):
            raise CodecError(f"there is no VOI window {argument}")
        center, width = centers[argument - 1], widths[argument - 1]
    else:
        center, width = image.window(*_extent(image, option, argument))
    image.apply_window(bits, center, width)


def _extent(image: GrayImage, option: str, argument: object) -> tuple[float, float]:
    """The stored values that become black and white."""
    if option == "--roi-min-max-window":
        assert isinstance(argument, tuple)
        values, _ = image.histogram(argument)
        return float(values[0]), float(values[-1])
    values, counts = image.histogram()
    if option == "--histogram-window":
        assert isinstance(argument, int)
        ignored = int(counts.sum() * argument / 100)
        first = int((counts.cumsum() < ignored).sum()) if ignored else 0
        last = len(counts) - 1 - (int((counts[::-1].cumsum() < ignored).sum()) if ignored else 0)
        if first < last:
            return float(values[first]), float(values[last])
        return float(values[0]), float(values[-1])
    skipped = argument if isinstance(argument, int) and len(values) > 2 else 0
    return float(values[skipped]), float(values[-1 - skipped])


def _several(value: object) -> tuple[float, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple([float(one) for one in values if isinstance(one, (int, float))])
