"""Person Name (PN): a text with up to three component groups of up to five components (PS3.5 6.2 and 6.2.1).

    Yamada^Tarou=山田^太郎=やまだ^たろう
    alphabetic    ideographic  phonetic

The text is kept exactly; groups and components are cut out of it when asked for. Spaces around a component are not
significant and are not part of what the properties give.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = ["PersonName", "PersonNameGroup"]


class PersonNameGroup(str):
    """One component group: `family^given^middle^prefix^suffix`. Compares and hashes as its text.

    PS3.5 6.2.
    """

    __slots__ = ()

    @classmethod
    def from_components(cls, components: Sequence[str]) -> Self:
        """Make a group of its components: family name, given name, middle name, prefix, suffix.

        Raises:
            ValueError: there are more than five, or one has a delimiter (`^`, `=` or a backslash) in it.
        """
        if len(components) > 5:
            raise ValueError(f"a component group of a person's name has five components, not {len(components)}")
        for component in components:
            if "^" in component or "=" in component or "\\" in component:
                raise ValueError(f"{component!r} has a delimiter of person names in it")
        return cls("^".join(components).rstrip("^"))

    @property
    def components(self) -> tuple[str, ...]:
        """All components that are there, also beyond the five of the standard."""
        return tuple([component.strip(" ") for component in self.split("^")])

    def _component(self, index: int) -> str:
        components = self.split("^", index + 1)
        return components[index].strip(" ") if index < len(components) else ""

    @property
    def family_name(self) -> str:
        """Family name complex (of an animal: the responsible party); "" if there is none."""
        return self._component(0)

    @property
    def given_name(self) -> str:
        """Given name complex (of an animal: its name)."""
        return self._component(1)

    @property
    def middle_name(self) -> str:
        """Middle name."""
        return self._component(2)

    @property
    def name_prefix(self) -> str:
        """Prefix, such as "Rev."."""
        return self._component(3)

    @property
    def name_suffix(self) -> str:
        """Suffix, such as "B.A. M.Div."."""
        return self._component(4)

    def formatted(self, *, family_first: bool = False) -> str:
        """Give the name as people write it: `Rev. John Robert Quincy Adams, B.A. M.Div.`.

        Args:
            family_first: `prefix family given middle, suffix`, as in East Asia.
        """
        family, given, middle = self.family_name, self.given_name, self.middle_name
        names = (family, given, middle) if family_first else (given, middle, family)
        text = " ".join([name for name in (self.name_prefix, *names) if name])
        return ", ".join([part for part in (text, self.name_suffix) if part])

    def family_comma_given(self) -> str:
        """Give `family, given`; without the comma if one of them is missing."""
        return ", ".join([name for name in (self.family_name, self.given_name) if name])


class PersonName(str):
    """A person's name as it stands in the data set. Compares and hashes as its text.

    The component properties (`family_name`, ...) are those of the alphabetic group; if that is empty, of the first
    group that is not.

    PS3.5 6.2.1.
    """

    __slots__ = ()

    @classmethod
    def from_components(
        cls,
        family_name: str = "",
        given_name: str = "",
        middle_name: str = "",
        name_prefix: str = "",
        name_suffix: str = "",
        *,
        ideographic: str | Sequence[str] = "",
        phonetic: str | Sequence[str] = "",
    ) -> Self:
        """Make a name of its parts; delimiters at the end of a group and of the name are left out.

        Args:
            family_name: of the alphabetic group, as the four after it.
            given_name: first name or names.
            middle_name: middle name or names.
            name_prefix: titles before the name.
            name_suffix: titles after the name.
            ideographic: the ideographic group, as its text ("山田^太郎") or its components (("山田", "太郎")).
            phonetic: the phonetic group, likewise.

        Raises:
            ValueError: a component has a delimiter in it, or a group has more than five components.

        PS3.5 6.2.1.
        """
        groups = [
            PersonNameGroup.from_components((family_name, given_name, middle_name, name_prefix, name_suffix)),
            *[
                PersonNameGroup.from_components(group.split("^") if isinstance(group, str) else group)
                for group in (ideographic, phonetic)
            ],
        ]
        return cls("=".join(groups).rstrip("="))

    @property
    def groups(self) -> tuple[PersonNameGroup, ...]:
        """All component groups that are there, also beyond the three of the standard."""
        return tuple([PersonNameGroup(group.strip(" ")) for group in self.split("=")])

    def _group(self, index: int) -> PersonNameGroup:
        groups = self.split("=", index + 1)
        return PersonNameGroup(groups[index].strip(" ") if index < len(groups) else "")

    @property
    def alphabetic(self) -> PersonNameGroup:
        """The first group, in the characters of the first character set."""
        return self._group(0)

    @property
    def ideographic(self) -> PersonNameGroup:
        """The second group: kanji, hanja, hanzi."""
        return self._group(1)

    @property
    def phonetic(self) -> PersonNameGroup:
        """The third group: hiragana, katakana, hangul, pinyin."""
        return self._group(2)

    @property
    def _main(self) -> PersonNameGroup:
        """The first group that has a name in it, or an empty one."""
        for group in self.split("="):
            if group.strip(" ^"):
                return PersonNameGroup(group.strip(" "))
        return PersonNameGroup("")

    @property
    def family_name(self) -> str:
        """Family name complex (of an animal: the responsible party); "" if there is none."""
        return self._main.family_name

    @property
    def given_name(self) -> str:
        """Given name complex (of an animal: its name)."""
        return self._main.given_name

    @property
    def middle_name(self) -> str:
        """Middle name."""
        return self._main.middle_name

    @property
    def name_prefix(self) -> str:
        """Prefix, such as "Rev."."""
        return self._main.name_prefix

    @property
    def name_suffix(self) -> str:
        """Suffix, such as "B.A. M.Div."."""
        return self._main.name_suffix

    def formatted(self) -> str:
        """Give the name as people write it: `Rev. John Robert Quincy Adams, B.A. M.Div.`, `山田 太郎`.

        Of the first group that is not empty; the family name comes first unless that is the alphabetic one.
        """
        return self._main.formatted(family_first=not self.alphabetic.strip(" ^"))

    def family_comma_given(self) -> str:
        """Give `family, given`; without the comma if one of them is missing."""
        return self._main.family_comma_given()
