"""Tiles and precincts of a JPEG 2000 codestream (ITU-T T.800 annexes A and B): all there, and not too many.

A decoder needs memory for each tile and precinct, of which a few bytes of a header can make millions. More than one to so
many pixels, and some, are no image but an attack.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

from dicomkit.errors import CodecError

__all__ = ["Size"]

SIZ: Final = Struct(">8IH")  # behind its capabilities
SEGMENT: Final = Struct(">HH")  # marker, length
TILE_PART: Final = Struct(">HHHIBB")  # SOT: tile, length, number, how many
COD: Final = 0xFF52
COC: Final = 0xFF53
SOT: Final = 0xFF90
SOD: Final = 0xFF93
# Segments of part 2 (T.801 annex A) that say how components were transformed: MCT, MCC, NLT, MCO, CBD.
TRANSFORMS: Final = frozenset(range(0xFF74, 0xFF79))
SMALLEST_TILE_PART: Final = 14  # SOT and SOD
TILE_AREA: Final = 256
PRECINCT_AREA: Final = 64
SOME: Final = 64


@dataclass(frozen=True, slots=True)
class Size:
    """What the image and tile size segment (SIZ) says.

    Attributes:
        rows, columns, components: of the image.
        tiles: how many there are.
    """

    rows: int
    columns: int
    components: int
    tiles: int

    @classmethod
    def read(cls, view: memoryview) -> Size:
        """Read the segment, which is complete, of a codestream.

        Raises:
            CodecError: it is impossible, or there are too many tiles.
        """
        right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, components = SIZ.unpack_from(view, 8)
        sound = tile_left <= left < right and tile_top <= top < bottom and tile_width and tile_height and components
        if not sound or len(view) < 42 + 3 * components:
            raise CodecError("the image and tile size segment (SIZ) of the codestream is impossible")
        tiles = _parts(right - tile_left, tile_width) * _parts(bottom - tile_top, tile_height)
        if tiles > SOME + (right - left) * (bottom - top) // TILE_AREA:
            raise CodecError(f"the codestream has {tiles} tiles, too many for its size")
        return cls(bottom - top, right - left, components, tiles)

    def check_segment(self, view: memoryview, at: int) -> None:
        """Check the precincts, if it is a segment with coding styles, of all components (COD) or of one (COC).

        Raises:
            CodecError: there are too many; or it is a segment of part 2 that no decoder here obeys.
        """
        marker, length = SEGMENT.unpack_from(view, at)
        if marker == COD:
            style, levels_at, components = at + 4, at + 9, self.components
        elif marker == COC:
            style, components = at + (5 if self.components < 257 else 6), 1
            levels_at = style + 1
        elif marker in TRANSFORMS:
            raise CodecError("the codestream has a component transformation of JPEG 2000 part 2, which is not undone")
        else:
            return
        end = min(at + 2 + length, len(view))
        if levels_at + 5 > end:
            raise CodecError("a coding style segment of the codestream is too short")
        if not view[style] & 1:
            return  # one precinct of each resolution
        levels = view[levels_at]
        count = 0
        for level, exponents in enumerate(view[levels_at + 5 : end]):
            scale = 1 << max(levels - level, 0)
            across = _parts(_parts(self.columns, scale), 1 << (exponents & 15))
            count += across * _parts(_parts(self.rows, scale), 1 << (exponents >> 4))
        if count * components > SOME + self.rows * self.columns * self.components // PRECINCT_AREA:
            raise CodecError(f"the codestream has {count * components} precincts, too many for its size")

    def check_tile_parts(self, view: memoryview, at: int) -> None:
        """Check the headers of tile-parts, of which the first one is at `at`.

        Raises:
            CodecError: some are missing, or there are too many precincts.
        """
        found: dict[int, int] = {}
        said: dict[int, int] = {}
        while at + SMALLEST_TILE_PART <= len(view):
            marker, _, tile, length, _, parts = TILE_PART.unpack_from(view, at)
            if marker != SOT:
                break
            said[tile] = max(said.get(tile, 1), parts)
            inside = at + 12
            while inside + 4 <= len(view):
                marker, segment = SEGMENT.unpack_from(view, inside)
                if marker == SOD or marker < 0xFF00:
                    break
                self.check_segment(view, inside)
                inside += 2 + max(segment, 2)
            if inside + 2 < len(view) or inside + 2 == at + length:  # it has data, or needs none
                found[tile] = found.get(tile, 0) + 1
            if length < SMALLEST_TILE_PART:  # 0: up to the end
                break
            at += length
        missing = self.tiles - sum(count >= said[tile] for tile, count in found.items() if tile < self.tiles)
        if missing:
            raise CodecError(f"{missing} of the {self.tiles} tiles of the codestream are not complete")


def _parts(length: int, size: int) -> int:
    return -(-length // size)
