"""From sequence to sequence: one chain reads the question, another gives the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nn.inputs import checked_size, listed
from nn.layers.sequential import number_labels
from nn.module import Module
from nn.recurrent.recurrent import Recurrent, State
from nn.recurrent.running import free_running, parts_of, step


class EncoderDecoder(Module):
    """Run the decoder from the states that the encoder ends with.

    Both are chains as `nn.recurrent.running.step` takes them, whose recurrent layers are of the
    same kinds and sizes. A sample is one list: `question` steps that the encoder reads, then those
    that the decoder is told, a start symbol and the true answer without its last step (teacher
    forcing). What is returned are the decoder's outputs at these, to compare with the true answer;
    `answer` lets it hear its own words instead. Layers are numbered through both chains. Raises
    TypeError for what is no such chain, ValueError for chains that do not fit and a sample with
    nothing for the decoder. Sources: Sutskever, Vinyals and Le 2014, "Sequence to
    Sequence Learning with Neural Networks"; Cho et al. 2014, section 2.2.

    >>> from nn.recurrent.rnn import RNN
    >>> ones = {"activation": "relu", "init": lambda *_: 1.0}
    >>> model = EncoderDecoder(RNN(1, 1, **ones), RNN(1, 1, **ones), question=2)
    >>> model([1.0, 2.0, 10.0, 20.0])
    [[Value(13.0)], [Value(33.0)]]
    """

    def __init__(self, encoder: Module, decoder: Module, question: int) -> None:
        here, there = _recurrent(encoder), _recurrent(decoder)
        if not here or [(type(m), m.hidden) for m in here] != [(type(m), m.hidden) for m in there]:
            raise ValueError(
                f"EncoderDecoder: the encoder's recurrent layers are {here} and the decoder's "
                f"{there}; they hand on their states one by one, so kinds and sizes must agree"
            )
        self.encoder, self.decoder = encoder, decoder
        self.question = checked_size("question", question)
        number_labels(self)

    def read(self, question: Iterable[Any]) -> list[State]:
        """Return the encoder's states after a question."""
        states: list[State] | None = None
        for x in question:
            _, states = step(self.encoder, x, states)
        if states is None:
            raise ValueError(f"{self!r}: an empty question; give one step or more")
        return states

    def __call__(self, x: Iterable[Any]) -> list[Any]:
        steps = listed(x)
        if len(steps) <= self.question:
            raise ValueError(
                f"{self!r}: {len(steps)} steps; after the question's {self.question} come those "
                "that the decoder is told, a start symbol at least"
            )
        states, outputs = self.read(steps[: self.question]), []
        for told in steps[self.question :]:
            y, states = step(self.decoder, told, states)
            outputs.append(y)
        return outputs

    def answer(
        self, question: Iterable[Any], first: Any, choose: Callable[[Any], Any] = lambda y: y
    ) -> Iterator[Any]:
        """Yield choose(output) for ever, each the decoder's next input; `first` begins."""
        return free_running(self.decoder, first, self.read(question), choose)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"encoder": self.encoder, "decoder": self.decoder, "question": self.question}

    def __repr__(self) -> str:
        return f"EncoderDecoder({self.encoder!r}, {self.decoder!r}, question={self.question})"


def _recurrent(chain: Module) -> list[Recurrent]:
    return [part for part in parts_of(chain) if isinstance(part, Recurrent)]
