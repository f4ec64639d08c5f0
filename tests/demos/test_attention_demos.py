"""The demos attention and transformer: what they print is reached, and what they rest on is true."""

from __future__ import annotations

import re
from math import log2

import numpy as np
import pytest
from running_demos import figures, run

from demos import _alice, attention, transformer
from demos.__main__ import main
from nn.attention.transformer import Transformer


@pytest.mark.demo
def test_attention(tmp_path, capsys):
    status, _, said, written = run("attention", tmp_path, capsys)
    assert status == 0
    assert written == {"lookup.svg", "reversal.svg", "masks.svg", "positions.svg"}
    found = figures(said)
    assert found["looking up, test accuracy"] >= 0.9
    assert found["reversing, test accuracy"] >= 0.9
    # one block without positions cannot say where a digit was; four places, eight digits
    assert 1 / 8 < found["reversing without positions"] < 0.6


@pytest.mark.demo
def test_transformer(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    status = main(["transformer", "--quick", "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert status == 0
    folder = tmp_path / "transformer"
    assert {path.name for path in folder.iterdir()} == {
        "samples.txt", "learning.svg", "attention.svg", "reversal.svg",
    }  # fmt: skip
    found = figures(said)
    assert found["bits per character, held out"] <= 3.7
    assert found["words reversed without a mistake"] >= 0.8
    [single] = re.findall(r"characters counted\s+│\s+([\d.]+)", said)
    assert float(single) - found["bits per character, held out"] == pytest.approx(
        found["bits fewer than by characters counted"], abs=1e-3
    )
    text = (folder / "samples.txt").read_text(encoding="utf-8")
    starts = [line for line in text.splitlines() if line.startswith(transformer.START_TEXT)]
    assert len(starts) == 3
    _, _, _, _, _, length = transformer.QUICK_WRITER
    assert all(len(line) <= len(transformer.START_TEXT) + length for line in starts)
    assert starts[0] in said


@pytest.mark.demo
def test_a_writer_that_learned_nothing_is_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(transformer, "RATE", 1e-9)
    monkeypatch.setattr(transformer, "QUICK_WRITER", (4, 4, 1, 400, 1, 2))
    monkeypatch.setattr(transformer, "QUICK_REVERSER", (2, 4, 32, 1))
    assert main(["transformer", "--quick", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.count("problem: ") >= 3


# --- the book ---


def test_the_book_is_two_parts_of_known_characters():
    tokens, others, names = _alice.book()
    text = "".join(names[token] for token in tokens)
    assert text.startswith(
        " chapter i down the rabbit-hole alice was beginning"
    ) or text.startswith("chapter i down the rabbit-hole alice was beginning")
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz .,;:!?'-")
    assert 0.09 < len(others) / (len(tokens) + len(others)) < 0.11
    assert "gutenberg" not in text


def test_windows_are_followed_by_the_next_token():
    X, y = _alice.windows(np.arange(10), length=4, stride=3)
    assert X.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6]]
    assert y.tolist() == [[1, 2, 3, 4], [4, 5, 6, 7]]


def test_bits_by_counting_by_hand():
    """Of tokens 0 1 0: counts + 1 are 3, 2 of 5; after 0 comes 1 once: shares 1/3, 2/3."""
    found = _alice.bits_by_counting(np.array([0, 1, 0]), np.array([[0]]), np.array([[1]]), 2)
    assert found == {
        "characters counted": pytest.approx(-log2(2 / 5), rel=1e-15),
        "pairs counted": pytest.approx(-log2(2 / 3), rel=1e-15),
    }


# --- the tasks ---


def test_lookups_ask_for_what_the_pairs_say():
    X, y = attention.lookups(20, pairs=5, seed=0)
    for (letters, digits, asked), answers in zip(X.tolist(), y.tolist(), strict=True):
        known = dict(zip(letters, digits, strict=True))
        assert len(known) == 5
        assert [known[letter] for letter in asked] == answers
        assert sorted(asked) == sorted(letters)


def test_words_are_reversed_and_filled_up():
    X, y = transformer.words(40, longest=5, seed=0)
    assert X.shape == (40, 2, 6)
    lengths = set()
    for (source, target), answer in zip(X.tolist(), y.tolist(), strict=True):
        word = [token for token in source if token != transformer.PADDING]
        assert source == word + [transformer.PADDING] * (6 - len(word))
        assert answer[: len(word) + 1] == [*word[::-1], transformer.END]
        assert set(answer[len(word) + 1 :]) <= {transformer.PADDING}
        assert target == [transformer.BEGIN, *answer[:-1]]
        lengths.add(len(word))
    assert lengths == {2, 3, 4, 5}


def test_a_word_is_written_from_what_was_written_before_until_it_ends():
    class Fixed(Transformer):
        def predict(self, X):
            """Say the token after that of the target's place; after 4 comes END."""
            following = np.where(X[:, 1] == 1, 3, np.where(X[:, 1] == 3, 4, transformer.END))
            return np.eye(6)[following]

    model = Fixed(tokens=6, size=2, heads=1, layers=1)
    written = transformer.reversed_by(model, np.full((2, 5), 3))
    assert written.tolist() == [[3, 4, transformer.END, 0, 0]] * 2
