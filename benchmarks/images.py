"""The images that codecs are measured with: synthetic, with the structure and the noise of the real ones.

How well an image is compressed decides how fast it is encoded and decoded. These take about as many bits a sample in JPEG-LS
as images of their kind do: CT 5, MR 6, radiograph 9,
photograph 3, screen 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
Field = NDArray[np.float64]


class Image(NamedTuple):
    """An image.

    Attributes:
        name: of its kind.
        pixels: (rows, columns) or (rows, columns, 3), unsigned, C-contiguous.
        bits: of a sample.
    """

    name: str
    pixels: Pixels
    bits: int

    @property
    def rows(self) -> int:
        """Its height."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """Its width."""
        return int(self.pixels.shape[1])

    @property
    def samples(self) -> int:
        """Samples of a pixel."""
        return self.pixels.shape[2] if self.pixels.ndim == 3 else 1

    @property
    def photometric_interpretation(self) -> str:
        """As a data set says it."""
        return "RGB" if self.samples == 3 else "MONOCHROME2"


def made(name: str, values: Field, bits: int) -> Image:
    """An image of real numbers, cut to the range of so many bits."""
    clipped = np.clip(np.rint(values), 0, (1 << bits) - 1)
    return Image(name, np.ascontiguousarray(clipped, np.uint8 if bits <= 8 else np.uint16), bits)


def grid(rows: int, columns: int) -> tuple[Field, Field]:
    """Coordinates of pixels: y and x, from -1 to 1."""
    return np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)[None, :]


def filtered(values: Field, response: Callable[[Field], Field]) -> Field:
    """An image whose frequencies (in cycles a pixel) are multiplied by a response."""
    rows, columns = values.shape
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    result: Field = np.fft.irfft2(np.fft.rfft2(values) * response(frequency), s=values.shape)
    return result


def blurred(values: Field, pixels: float) -> Field:
    """An image blurred by a Gaussian of so many pixels."""
    return filtered(values, lambda frequency: np.exp(-2 * (np.pi * frequency * pixels) ** 2))


def texture(generator: np.random.Generator, rows: int, columns: int, slope: float) -> Field:
    """Random structure of all sizes, as tissue has it: amplitudes fall with frequency ** slope. Of variance 1."""
    values = filtered(generator.normal(size=(rows, columns)), lambda frequency: np.maximum(frequency, 1 / rows) ** -slope)
    result: Field = (values - values.mean()) / values.std()
    return result


def ellipse(at: tuple[Field, Field], y: float, x: float, height: float, width: float) -> NDArray[np.bool_]:
    """The inside of an ellipse."""
    inside: NDArray[np.bool_] = ((at[0] - y) / height) ** 2 + ((at[1] - x) / width) ** 2 < 1
    return inside


def ct() -> Image:
    """A slice through a chest: Hounsfield units + 1024, 12 bits, noise as filtered back projection leaves it."""
    size = 512
    generator = np.random.default_rng(1)
    at = grid(size, size)
    body = ellipse(at, 0, 0, 0.68, 0.9)
    values = np.where(body, -90.0, -1000.0)
    values[ellipse(at, 0, 0, 0.62, 0.83)] = 45
    for side in (-1, 1):
        lung = ellipse(at, -0.05, side * 0.42, 0.45, 0.3)
        values[lung] = -850 + 60 * texture(generator, size, size, 1.2)[lung]
        values[ellipse(at, 0.28, side * 0.66, 0.1, 0.03)] = 500
    values[ellipse(at, -0.05, -0.08, 0.24, 0.2)] = 130
    values[ellipse(at, 0.42, 0, 0.13, 0.12)] = 350
    values[ellipse(at, 0.3, 0.12, 0.06, 0.06)] = 150
    values[np.broadcast_to((at[0] > 0.8) & (at[0] < 0.83), values.shape)] = -300
    noise = filtered(generator.normal(size=values.shape), lambda f: np.sqrt(f) * np.exp(-2 * (np.pi * f * 0.55) ** 2))
    values = blurred(values, 0.7) + noise * (11 / noise.std()) * np.where(body, 1.0, 0.6)
    return made("CT", values + 1024, 12)


def mr() -> Image:
    """A slice through a head: 12 bits, with the noise of magnitudes."""
    size = 256
    generator = np.random.default_rng(2)
    at = grid(size, size)
    values = np.zeros((size, size))
    values[ellipse(at, 0, 0, 0.9, 0.72)] = 1100
    values[ellipse(at, 0, 0, 0.83, 0.65)] = 90
    brain = ellipse(at, 0, 0, 0.79, 0.61)
    folds = texture(generator, size, size, 1.4)
    values[brain] = np.where(folds > 0.2, 620, 480)[brain] + 30 * folds[brain]
    for side in (-1, 1):
        values[ellipse(at, -0.05, side * 0.12, 0.22, 0.07)] = 180
    values = blurred(values, 0.6) * (1 + 0.2 * np.cos(2 * at[0]) * np.cos(1.5 * at[1]))
    real, imaginary = generator.normal(scale=12, size=(2, size, size))
    return made("MR", np.hypot(values + real, imaginary), 12)


def radiograph() -> Image:
    """A chest radiograph: 16 bits, 2048 x 2048, with the quantum noise of a detector."""
    size = 2048
    generator = np.random.default_rng(3)
    at = grid(size, size)
    thickness = 6.5 - 1.5 * np.abs(at[1]) ** 3 + 0.8 * at[0]
    for side in (-1, 1):
        thickness = thickness - 2.2 * np.sqrt(np.maximum(0, 1 - (at[0] / 0.75) ** 2 - ((at[1] - side * 0.42) / 0.34) ** 2))
    thickness = thickness + 1.2 * np.exp(-((at[1] / 0.09) ** 2)) + 0.25 * texture(generator, size, size, 1.6)
    for rib in range(9):
        curve = at[0] + 0.8 - 0.19 * rib - 0.35 * at[1] ** 2
        thickness = thickness + 0.35 * np.exp(-((curve / 0.03) ** 2)) * (np.abs(at[1]) > 0.1)
    quanta = 20_000 * np.exp(-0.55 * thickness)
    quanta = blurred(quanta + np.sqrt(quanta) * generator.normal(size=quanta.shape), 0.6)
    values = 11_000 * np.log(20_000 / np.maximum(quanta, 1))
    field = (np.abs(at[0]) < 0.97) & (np.abs(at[1]) < 0.95)
    return made("radiograph", np.where(field, values, 300 + 0 * values), 16)


def photograph() -> Image:
    """An endoscopic photograph: RGB of 8 bits, 1024 x 768, with a black rim."""
    rows, columns = 768, 1024
    generator = np.random.default_rng(4)
    at = grid(rows, columns)
    light = 1.1 - 0.6 * (at[0] ** 2 + at[1] ** 2) + 0.12 * texture(generator, rows, columns, 1.7)
    vessels = np.exp(-((texture(generator, rows, columns, 1.9) / 0.06) ** 2))
    planes = [205 * light - 25 * vessels, 120 * light - 45 * vessels, 95 * light - 35 * vessels]
    shine = 220 * np.exp(-(((light - 1.25) / 0.05) ** 2))
    noise = generator.normal(scale=1.2, size=(rows, columns))
    rim = at[0] ** 2 + at[1] ** 2 < 1.3
    planes = [
        np.where(rim, blurred(plane + shine, 0.9) + noise + generator.normal(scale=1.2, size=noise.shape), 0)
        for plane in planes
    ]
    return made("photograph", np.stack(planes, axis=2), 8)


def screen() -> Image:
    """A screen capture: 8 bits, few values, runs of equal samples and text."""
    rows, columns = 600, 800
    generator = np.random.default_rng(5)
    values = np.zeros((rows, columns))
    at = grid(rows, columns)
    radius, angle = np.hypot(at[0] + 1.0, at[1] + 0.2), np.arctan2(at[1] + 0.2, at[0] + 1.0)
    sector = (radius < 1.4) & (radius > 0.2) & (np.abs(angle) < 0.35)
    speckle = blurred(generator.normal(size=(rows, columns)), 2.5) ** 2
    values[sector] = (np.floor(speckle / speckle.mean() * 3) * 16)[sector]
    values[:40], values[:, 640:] = 24, 40
    for top in range(60, 560, 42):
        words = np.repeat(generator.random((6, 60)) < 0.45, 2, axis=0)
        values[top : top + 12, 660 : 660 + 120] = np.where(np.repeat(words, 2, axis=1), 230, 40)
    return made("screen", values, 8)


def noise() -> Image:
    """What cannot be compressed: 16 bits."""
    return made("noise", np.random.default_rng(6).integers(0, 1 << 16, (512, 512)).astype(np.float64), 16)


@cache
def images() -> list[Image]:
    """All of them."""
    return [make() for make in (ct, mr, radiograph, photograph, screen, noise)]
