"""Methods of a data set that belong to higher layers: saving it, other forms of it.

`ds.save` is `dicomkit.media.writer.save`, found when it is first used: so `dicomkit.dataset` imports nothing from above.
This table is the one place that names what is above. The types are in the stub beside this file.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Method:
    """A method whose function is elsewhere: its first argument is the data set."""

    def __init__(self, home: str) -> None:
        self.home = home

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def function(self) -> Callable[..., Any]:
        """The function itself."""
        module: Any = __import__(self.home, fromlist=[self.name])
        found: Callable[..., Any] = getattr(module, self.name)
        return found

    def __get__(self, instance: object, owner: type) -> Any:
        function = self.function()
        return function if instance is None else function.__get__(instance, owner)


class Maker(Method):
    """A function that makes a data set of another form of it."""

    def __get__(self, instance: object, owner: type) -> Any:
        return self.function()


class View(Method):
    """A property whose function is elsewhere: its argument is the data set."""

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self.function()(instance)


class Accessors:
    """Base of `Dataset`: what higher layers do with one."""

    __slots__ = ()

    save = Method("dicomkit.media.writer")
    to_bytes = Method("dicomkit.media.writer")
    to_json = Method("dicomkit.formats.json")
    from_json = Maker("dicomkit.formats.json")
    to_xml = Method("dicomkit.formats.xml")
    from_xml = Maker("dicomkit.formats.xml")
    to_pydicom = Method("dicomkit.formats.pydicom")
    pixels = View("dicomkit.pixels.pixel_data")
    compress = Method("dicomkit.pixels.transcode")
    decompress = Method("dicomkit.pixels.transcode")
