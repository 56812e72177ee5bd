"""Another Specific Character Set for text that stays as it is."""

from __future__ import annotations

from dicomkit.dataset.text import character_sets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.text import CharacterSets

__all__ = ["SPECIFIC_CHARACTER_SET", "relabel"]

SPECIFIC_CHARACTER_SET = 0x00080005


def relabel(dataset: Dataset, terms: tuple[str, ...]) -> None:
    """Say that text is in other character sets than the data set said until now.

    The bytes of its text stay what they are, and are understood in another way from now on: for files whose
    Specific Character Set is wrong. `Dataset.set_character_set` converts the text instead. Text that was assigned is
    written in the new character sets.

    Args:
        dataset: a data set or an item.
        terms: the values of Specific Character Set; none removes it.

    PS3.3 C.12.1.1.2.
    """
    _understand(dataset, character_sets(terms))
    if terms:
        dataset[SPECIFIC_CHARACTER_SET] = terms
    elif SPECIFIC_CHARACTER_SET in dataset:
        del dataset[SPECIFIC_CHARACTER_SET]


def _understand(dataset: Dataset, sets: CharacterSets) -> None:
    """Decode what was read with these character sets, in the items too that have none of their own."""
    sequences = dataset._touched_sequences()
    for sequence in sequences.values():
        for item in sequence:  # made now: a sequence hands on the character sets of the time when it was touched
            if SPECIFIC_CHARACTER_SET not in item:
                _understand(item, sets)
    if dataset._index is None:
        return
    root = (dataset.file_meta, dataset.transfer_syntax, dataset._file_problems)
    index, origin, first, stop, item, _, _, _ = dataset._state()
    dataset._restore((index, origin, first, stop, item, sets, sets, True), sequences)
    for name, value in zip(("file_meta", "transfer_syntax", "_file_problems"), root, strict=True):
        setattr(dataset, name, value)
