"""What a codec is: the interface of the built-in ones and of those that a program adds."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dicomkit.errors import CodecError, UnsupportedTransferSyntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomkit.pixels.layout import Layout
    from dicomkit.standard.transfer_syntax import TransferSyntax
    from dicomkit.typing import BytesLike

__all__ = ["Codec", "Codestream", "Target"]


@dataclass(frozen=True, slots=True)
class Codestream:
    """What the header of a frame's codestream says.

    Attributes:
        rows, columns, samples: its geometry.
        bits: precision of a sample.
        signed: whether its samples are signed numbers.
        color: space of the decoded samples ("RGB", "YBR_FULL"), None if Photometric Interpretation says it.
        cells: whether its samples are exactly those that were encoded: pixel cells, maybe with something in the unused bits
            (PS3.5 8.1.1).
        settled: whether the codec makes them what the data set says, without anything in those.
        kernel: what the codec wants to know again when it decodes.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    signed: bool = False
    color: str | None = None
    cells: bool = False
    settled: bool = False
    kernel: Any = None

    @property
    def itemsize(self) -> int:
        """Bytes of a decoded sample."""
        return 1 if self.bits <= 8 else 2 if self.bits <= 16 else 4 if self.bits <= 32 else 8


@dataclass(frozen=True, slots=True)
class Target:
    """What the frames of a layout become when a codec encodes them.

    Attributes:
        layout: of the encoded frames, as the data set has to say it.
        space: colour space of the frames that `encode` is given.
        method: Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1), None if nothing is lost.
        options: for `encode`.
    """

    layout: Layout
    space: str
    method: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Codec:
    """Decodes and encodes frames of one transfer syntax. Threads share it.

    A program adds one, or replaces a built-in one, by an entry point of the group `dicomkit.codecs`, whose name is the UID
    of the transfer syntax and whose value is a subclass.

    Args:
        syntax: the transfer syntax.

    Attributes:
        defaults: options of `encode`, with their defaults.
        decode_defaults: options of `decode`, with their defaults: for codestreams that are not as they should be.
        decoding: the options of `decode` that count for this object.
    """

    defaults: ClassVar[Mapping[str, Any]] = {}
    decode_defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, syntax: TransferSyntax) -> None:
        self.syntax = syntax
        self.decoding: Mapping[str, Any] = self.decode_defaults

    def with_decoding(self, options: Mapping[str, Any]) -> Codec:
        """This codec, decoding with options.

        Raises:
            TypeError: one is not of `decode_defaults`.
        """
        if not options:
            return self
        other = copy(self)
        other.decoding = self._merged(self.decode_defaults, options, "to decode")
        return other

    def beside(self, kind: type[Codec]) -> Codec:
        """The codec of another class for a codestream that is not of this one, with the options of `decode` they share."""
        other = kind(self.syntax)
        other.decoding = {name: self.decoding.get(name, value) for name, value in kind.decode_defaults.items()}
        return other

    def inspect(self, data: BytesLike, layout: Layout) -> Codestream:
        """What the codestream of a frame says. Cheap.

        Raises:
            CodecError: it is none of this codec.
        """
        raise NotImplementedError  # each codec has its own

    def decode(self, data: BytesLike, stream: Codestream, out: NDArray[Any], to_rgb: bool) -> bool:
        """Decode a frame.

        Args:
            data: the codestream.
            stream: what `inspect` gave for it.
            out: C-contiguous array (rows, columns[, samples]) of integers of `stream.itemsize` bytes.
            to_rgb: the result is wanted in RGB.

        Returns:
            Whether it converted the samples to RGB from `stream.color`. A codec need not.

        Raises:
            CodecError: the codestream is damaged.
        """
        raise NotImplementedError  # each codec has its own

    def target(self, layout: Layout, space: str, options: Mapping[str, Any]) -> Target:
        """What frames of a layout, of a colour space, become.

        Raises:
            CodecError: the transfer syntax has no place for them.
            UnsupportedTransferSyntax: it is decoded only.
            TypeError, ValueError: an option is not one of `defaults`, or has no such value.
        """
        raise UnsupportedTransferSyntax(self.syntax.uid, "its pixel data can be decoded, but not encoded")

    def encode(self, frame: NDArray[Any], target: Target) -> bytes:
        """Encode a frame.

        Args:
            frame: C-contiguous array of the shape and type of the layout that was given to `target`.
            target: what that gave.

        Raises:
            CodecError: it cannot be encoded.
        """
        raise NotImplementedError  # each codec has its own

    def can_recode(self, syntax: TransferSyntax) -> bool:
        """Whether codestreams of another transfer syntax become ones of this one without being decoded."""
        return False

    def recode(self, data: BytesLike) -> bytes:
        """Make a codestream of this transfer syntax of one that `can_recode` accepted."""
        raise NotImplementedError  # nothing that this codec recodes was promised

    def merged(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults, with options in their place.

        Raises:
            TypeError: there is no such option.
        """
        return self._merged(self.defaults, options, "to encode")

    def _merged(self, defaults: Mapping[str, Any], options: Mapping[str, Any], doing: str) -> dict[str, Any]:
        for name in options:
            if name not in defaults:
                has = f"the options {', '.join(defaults)}" if defaults else "no options"
                raise TypeError(f"{name!r} is no option of {self.syntax.name}, which has {has} {doing}")
        return {**defaults, **options}

    def refuse(self, reason: str) -> CodecError:
        """The error for frames that the transfer syntax has no place for."""
        return CodecError(reason, None, self.syntax.uid)
