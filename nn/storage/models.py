"""Models in files: safetensors for the numbers, JSON for the structure; loading runs no code."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.files import write_whole
from autograd.real import short
from nn.module import Module
from nn.storage.description import build, describe, difference
from nn.storage.sizes import size
from nn.storage.tensors import Layout, Tensors, layout, tensors_of

_FORMAT = 1
_FLAGS = ("frozen", "training")


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write a model to one file: every bit of its numbers, its structure, frozen parts, mode.

    The file is in the safetensors format, so other tools read it too: a layer's weights are the
    tensor "layers.0.weight" of shape (outputs, inputs), its biases "layers.0.bias". It is written
    beside its place and then moved there: whatever happens, the file is the old or the new one. A
    class or function of your own has its numbers saved; see `load`. Raises TypeError for numbers
    that a file cannot keep to the last digit (fractions, mpmath), ImportError without the extra.
    Source: https://github.com/huggingface/safetensors, "Format".

    >>> import tempfile
    >>> from nn.layers.mlp import MLP
    >>> model = MLP(2, [3, 1], activation="tanh", seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.safetensors")
    ...     kept = load(f"{folder}/model.safetensors")
    >>> kept([1.0, 2.0]).data == model([1.0, 2.0]).data
    True
    """
    _package()
    from safetensors.numpy import save as encode

    if not isinstance(model, Module):
        raise TypeError(f"save({short(model)}): give a Module, as nn.MLP or one of your own")
    tensors = tensors_of(model.state_dict())
    text = json.dumps({"format": _FORMAT, **_record(model)})
    # one entry, for the package writes several in any order
    write_whole(path, encode(tensors, {"chalkgrad": f"{_digest(text, tensors)} {text}"}))


def load(path: str | os.PathLike[str], into: Module | None = None) -> Module:
    """Return the model that `save` wrote; or give its numbers to the model `into`.

    `into` is for models that hold a class or function of your own: make one as the saved one was
    made, and load into it. A file holds no code, so none runs. Raises ValueError for a file that
    is truncated, altered, of other origin, newer than this version or does not fit `into`, which
    is then as it was; FileNotFoundError, ImportError without the extra.
    """
    if into is not None and not isinstance(into, Module):
        raise TypeError(f"load(into={short(into)}): give a Module to load into")
    use = f"load({os.fspath(path)!r})"
    record, tensors = _read(path, use)
    model = _rebuilt(record, tensors, use) if into is None else into
    if into is not None:
        _same_structure(record["structure"], into, use)
    places = layout(model.state_dict())
    _same_tensors(places, tensors, use)
    state = {
        name: number
        for key, (_, names) in places.items()
        for name, number in zip(names, tensors[key].ravel().tolist(), strict=True)
    }
    model.load_state_dict(state)
    if into is None:
        _set_record(model, record, use)
    return model


def _record(model: Module) -> dict[str, Any]:
    """Return what is kept beside the numbers; without structure, the reason for that."""
    try:
        structure, reason = describe(model), ""
    except ValueError as error:
        structure, reason = None, str(error)
    modules = model.named_modules()
    flags = {flag: [path for path, m in modules if getattr(m, flag)] for flag in _FLAGS}
    drawn = model.random_state() if structure else {}
    return {"structure": structure, "reason": reason, **flags, "random_state": drawn}


def _set_record(model: Module, record: Mapping[str, Any], use: str) -> None:
    """Give a new model its flags and the state of its generators."""
    try:
        for path, module in model.named_modules():
            for flag in _FLAGS:
                setattr(module, flag, path in record[flag])
        model.set_random_state(record["random_state"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{use}: its record is damaged: {error}") from None


def _read(path: str | os.PathLike[str], use: str) -> tuple[dict[str, Any], Tensors]:
    """Return the record and the tensors of a file, its format and checksum verified."""
    package = _package()
    if os.path.isdir(path):
        raise IsADirectoryError(f"{use}: this is a folder; give a file that model.save wrote")
    try:
        with package.safe_open(os.fspath(path), framework="np") as file:
            metadata = file.metadata() or {}
            if "chalkgrad" not in metadata:
                raise ValueError(
                    f"{use}: a safetensors file that chalkgrad did not write; "
                    "nn.load reads what model.save wrote"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except package.SafetensorError as error:
        raise ValueError(
            f"{use}: truncated, or not written by model.save: it is no safetensors file ({error})"
        ) from None
    digest, _, text = metadata["chalkgrad"].partition(" ")
    if digest != _digest(text, tensors):
        raise ValueError(
            f"{use}: the file was altered after it was written: its checksum is another one. "
            "Take it from a copy"
        )
    record = json.loads(text)
    if record["format"] != _FORMAT:
        raise ValueError(
            f"{use}: written in format {record['format']!r} by another version of chalkgrad; "
            f"this one reads format {_FORMAT}"
        )
    return record, tensors


def _digest(text: str, tensors: Tensors) -> str:
    """Return the SHA-256 of the record and of every tensor: name, type, shape, bytes."""
    found = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        found.update(f"\n{name} {tensor.dtype.name} {tensor.shape}\n".encode())
        found.update(tensor.astype(tensor.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def _rebuilt(record: Mapping[str, Any], tensors: Tensors, use: str) -> Module:
    """Return a new model of the structure in the file."""
    structure = record["structure"]
    if structure is None:
        raise ValueError(
            f"{use}: the file holds the numbers of this model and not its structure, because "
            f"{record['reason']}. Make the model as it was made, and write load(path, into=model)"
        )
    count = sum(tensor.size for tensor in tensors.values())
    if size(structure) > count:  # before it takes memory
        raise ValueError(f"{use}: {count:,} numbers are too few for its structure {structure}")
    try:
        return build(structure)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{use}: its structure cannot be built: {error}") from None


def _same_structure(saved: Any, into: Module, use: str) -> None:
    """Raise ValueError if both structures are known and differ: equal shapes do not say it all."""
    try:
        given = describe(into)
    except ValueError:
        return
    if saved is not None and saved != given:
        file, model = difference(saved, given, "")
        raise ValueError(f"{use}: the file holds {file}, and the model to load into {model}")


def _same_tensors(places: Layout, tensors: Tensors, use: str) -> None:
    """Raise ValueError unless the file's tensors are those of the model, in name and shape."""
    wanted = {name: shape for name, (shape, _) in places.items()}
    for name in [*wanted, *tensors]:
        expected = f"of shape {wanted[name]}" if name in wanted else "none"
        found = f"of shape {tensors[name].shape}" if name in tensors else "none"
        if found != expected:
            raise ValueError(
                f"{use}: the model has {expected} called {name!r}, the file {found}; "
                "they must be of the same form. Nothing was changed"
            )
        if tensors[name].dtype not in (np.float64, np.int64):
            raise ValueError(f"{use}: {name!r} is of {tensors[name].dtype}, not 64-bit numbers")


def _package() -> Any:
    """Return the package that knows the format."""
    try:
        import safetensors
    except ImportError as error:
        raise ImportError(
            'models are kept with safetensors, which is missing: pip install "chalkgrad[save]"'
        ) from error
    return safetensors
