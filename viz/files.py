"""Write a file whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def write(path: Path, content: bytes, what: str) -> Path:
    """Write to a draft beside the path and rename it; return the path.

    Raises OSError, which says what could not be written and why.
    """
    draft = path.with_name(f".{uuid4().hex}{path.suffix}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        reason = error.strerror if path.parent.is_dir() else "there is no such folder"
        raise OSError(error.errno, f"can't write the {what}: {reason}", str(path)) from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return path
