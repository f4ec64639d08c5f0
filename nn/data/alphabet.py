"""Text as numbers: each character its place in an alphabet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.encoding import whole_labels


class Alphabet:
    """Number the distinct characters of a text, or symbols of a list, in their sorted order.

    `len(alphabet)` says how many there are. Raises ValueError for none, TypeError for what is no
    text.

    >>> letters = Alphabet("banana")
    >>> letters.encode("nab")
    [2, 0, 1]
    >>> letters.decode([2, 0, 1])
    'nab'
    """

    symbols: list[str]

    def __init__(self, symbols: Iterable[str]) -> None:
        given = set(symbols)
        if other := [symbol for symbol in given if not isinstance(symbol, str)]:
            raise TypeError(f"Alphabet: {short(other[0])} is no text; give characters or words")
        self.symbols = sorted(given)
        if not self.symbols:
            raise ValueError("Alphabet: no characters; give the text that it is to hold")
        self._places = {symbol: i for i, symbol in enumerate(self.symbols)}

    def encode(self, text: Iterable[str]) -> list[int]:
        """Return the number of each character. Raises ValueError for an unknown one, saying where.

        >>> Alphabet("ab").encode("abc")
        Traceback (most recent call last):
        ValueError: character 2 of 'abc' is 'c', which is none of the 2 known ones: 'ab'
        """
        found = []
        for i, symbol in enumerate(text):
            if symbol not in self._places:
                raise ValueError(
                    f"character {i} of {short(text)} is {symbol!r}, which is none of the "
                    f"{len(self)} known ones: {short(self._shown())}"
                )
            found.append(self._places[symbol])
        return found

    def decode(self, numbers: Any) -> str:
        """Return the text of these numbers. Raises ValueError for one that no character has."""
        places = whole_labels(numbers, "numbers").tolist() if np.size(numbers) else []
        if wrong := [i for i in places if not 0 <= i < len(self)]:
            raise ValueError(f"{wrong[0]} is the number of no character: 0 to {len(self) - 1}")
        return "".join(self.symbols[i] for i in places)

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"Alphabet({self._shown()!r})"

    def _shown(self) -> str | list[str]:
        """Return the symbols as one text, if each is one character."""
        return "".join(self.symbols) if all(len(s) == 1 for s in self.symbols) else self.symbols
