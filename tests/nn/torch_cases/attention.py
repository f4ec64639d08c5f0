"""Write attention.json: what PyTorch's attention computes in float64, with gradients.

Run it where torch is installed: `python tests/nn/torch_cases/attention.py`. Parameters are in the
order of nn's `parameters()`: query, key, value and output neuron by neuron, norms, feed-forward.
Everything given has two decimals; gradients are those of sum(factors * outputs) over all rows.
Samples of tokens have no gradients.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
ROWS, STEPS, OTHERS, SIZE, HEADS, HIDDEN = 2, 3, 4, 4, 2, 3
CAUSAL = torch.ones(STEPS, STEPS, dtype=torch.bool).tril()
CROSS = torch.tensor([[1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]], dtype=torch.bool)
Places = Iterator[tuple[torch.Tensor, tuple[int, ...]]]
F = torch.nn.functional
CASES: dict[str, dict[str, object]] = {}


def linear(weight: torch.Tensor, bias: torch.Tensor, first: int = 0, count: int = 0) -> Places:
    """Yield where the numbers of a layer are, neuron by neuron."""
    for i in range(first, first + (count or len(bias))):
        yield from ((weight, (i, j)) for j in range(weight.shape[1]))
        yield bias, (i,)


def places(module: torch.nn.Module) -> Places:
    """Yield where the numbers of a module are, in nn's order."""
    if isinstance(module, torch.nn.Linear):
        yield from linear(module.weight, module.bias)
    elif isinstance(module, torch.nn.LayerNorm):
        yield from ((p, (i,)) for p in (module.weight, module.bias) for i in range(len(p)))
    elif isinstance(module, torch.nn.MultiheadAttention):
        for first in (0, SIZE, 2 * SIZE):  # query, key, value in one matrix
            yield from linear(module.in_proj_weight, module.in_proj_bias, first, SIZE)
        yield from linear(module.out_proj.weight, module.out_proj.bias)
    elif isinstance(module, torch.nn.Embedding):
        yield from (
            (module.weight, at) for at in itertools.product(*map(range, module.weight.shape))
        )
    elif isinstance(module, torch.nn.ModuleList):
        for inner in module:
            yield from places(inner)
    elif isinstance(module, torch.nn.TransformerEncoderLayer):
        yield from _each(module, "self_attn norm1 linear1 linear2 norm2")
    elif isinstance(module, torch.nn.TransformerDecoderLayer):
        yield from _each(module, "self_attn norm1 multihead_attn norm2 linear1 linear2 norm3")
    else:
        for inner in [*module.layers, module.norm]:
            yield from places(inner)


def _each(module: torch.nn.Module, names: str) -> Places:
    for name in names.split():
        yield from places(getattr(module, name))


def add(
    name: str,
    function: Callable[..., torch.Tensor],
    module: torch.nn.Module | None = None,
    mask: torch.Tensor | None = None,
    tokens: torch.Tensor | None = None,
    **shapes: tuple[int, ...],
) -> None:
    """Add a case: function of inputs of those shapes or of tokens, and what its gradients are."""
    known = list(places(module)) if module else []
    with torch.no_grad():
        for tensor, at in known:
            tensor[at] = torch.randn(()).mul(100).round() / 100
    inputs = {key: _random(*shape).requires_grad_() for key, shape in shapes.items()}
    outputs = function(**inputs) if tokens is None else function(tokens)
    factors = _random(*outputs.shape)
    (factors * outputs).sum().backward()
    CASES[name] = {
        "inputs": {key: x.tolist() for key, x in inputs.items()}
        if tokens is None
        else {"tokens": tokens.tolist()},
        "mask": None if mask is None else mask.tolist(),
        "parameters": [tensor[at].item() for tensor, at in known],
        "factors": factors.tolist(),
        "outputs": outputs.tolist(),
        "gradients": [0.0 if t.grad is None else t.grad[at].item() for t, at in known],
        "input gradients": {key: x.grad.tolist() for key, x in inputs.items()},
    }


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(shape).mul(100).round() / 100


def whole_models(options: dict[str, object]) -> None:
    """Add cases from tokens to logits: of a language model, and of a transformer with padding."""
    count, norm = 5, torch.nn.LayerNorm
    encoder = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(SIZE, HEADS, **options), 2,
        norm=norm(SIZE), enable_nested_tensor=False,
    )  # fmt: skip
    decoder = torch.nn.TransformerDecoder(
        torch.nn.TransformerDecoderLayer(SIZE, HEADS, **options), 2, norm=norm(SIZE)
    )
    table, learned = torch.nn.Embedding(count, SIZE), torch.nn.Embedding(STEPS, SIZE)
    output = torch.nn.Linear(SIZE, count)

    def language_model(tokens: torch.Tensor) -> torch.Tensor:
        return output(encoder(table(tokens) + learned.weight, mask=~CAUSAL))

    tokens = torch.tensor([[0, 3, 3], [4, 1, 2]])
    modules = torch.nn.ModuleList([table, learned, encoder, output])
    add("language model", language_model, modules, tokens=tokens)

    rates = [10000 ** (-(i - i % 2) / SIZE) for i in range(SIZE)]
    waves = torch.tensor([
        [(math.cos if i % 2 else math.sin)(t * rate) for i, rate in enumerate(rates)]
        for t in range(STEPS)
    ])  # fmt: skip

    def transformer(pairs: torch.Tensor) -> torch.Tensor:
        source, target = pairs[:, 0], pairs[:, 1]
        context = encoder(table(source) + waves, src_key_padding_mask=source == 0)
        return output(decoder(table(target) + waves, context, tgt_mask=~CAUSAL,
                              memory_key_padding_mask=source == 0))  # fmt: skip

    pairs = torch.tensor([[[2, 4, 0], [1, 4, 2]], [[3, 3, 2], [1, 0, 0]]])
    modules = torch.nn.ModuleList([table, encoder, decoder, output])
    for p in modules.parameters():
        p.grad = None
    add("transformer", transformer, modules, tokens=pairs)


def main() -> None:
    """Make all cases and write them."""
    x, context = (ROWS, STEPS, SIZE), (ROWS, OTHERS, SIZE)
    apart = {"queries": x, "keys": context, "values": (ROWS, OTHERS, 2)}
    for name, mask in (("plain", None), ("masked", CROSS)):
        add(f"scaled dot product, {name}",
            lambda queries, keys, values, mask=mask:
                F.scaled_dot_product_attention(queries, keys, values, mask),
            None, mask, **apart)  # fmt: skip

    def attention() -> torch.nn.MultiheadAttention:
        return torch.nn.MultiheadAttention(SIZE, HEADS, batch_first=True)

    m = attention()
    add("self-attention", lambda x: m(x, x, x)[0], m, x=x)
    m = attention()
    add("causal self-attention", lambda x: m(x, x, x, attn_mask=~CAUSAL)[0], m, CAUSAL, x=x)
    m = attention()
    add("cross-attention", lambda x, context: m(x, context, context)[0], m, x=x, context=context)
    m = attention()
    add("attention weights", lambda x: m(x, x, x, average_attn_weights=False)[1], m, x=x)

    def options(pre_norm: bool, activation: str) -> dict[str, object]:
        return {"dim_feedforward": HIDDEN, "dropout": 0.0, "batch_first": True,
                "norm_first": pre_norm, "activation": activation}  # fmt: skip

    for name, given in (("pre-norm", (True, "relu")), ("post-norm, gelu", (False, "gelu"))):
        block = torch.nn.TransformerEncoderLayer(SIZE, HEADS, **options(*given))
        add(f"encoder block, {name}", lambda x, block=block: block(x), block, x=x)
    block = torch.nn.TransformerEncoderLayer(SIZE, HEADS, **options(True, "gelu"))
    add("causal block", lambda x: block(x, src_mask=~CAUSAL), block, x=x)
    for name, given in (("pre-norm", (True, "relu")), ("post-norm", (False, "relu"))):
        decoder = torch.nn.TransformerDecoderLayer(SIZE, HEADS, **options(*given))
        add(f"decoder block, {name}",
            lambda x, context, decoder=decoder: decoder(x, context, tgt_mask=~CAUSAL),
            decoder, x=x, context=context)  # fmt: skip
    stack = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(SIZE, HEADS, **options(True, "relu")), 2,
        norm=torch.nn.LayerNorm(SIZE), enable_nested_tensor=False,
    )  # fmt: skip
    add("encoder of two", lambda x: stack(x), stack, x=x)
    whole_models(options(True, "relu"))
    lines = [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in CASES.items()]
    text = (
        "{\n" + f'"torch": "{torch.__version__.partition("+")[0]}",\n' + ",\n".join(lines) + "\n}\n"
    )
    Path(__file__).with_name("attention.json").write_text(text)


if __name__ == "__main__":
    main()
