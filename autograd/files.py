"""Files that are whole: the old one or the new, whenever the machine stops."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes | str, what: str = "file") -> Path:
    """Write a file beside its place, move it there in one step, and return the path.

    Text is written as UTF-8. Raises OSError, which says what could not be written and why.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), "whole").name
    'a.txt'
    """
    place = Path(os.path.realpath(path))
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    except OSError as error:
        raise _told(error, path, what) from None
    try:
        with os.fdopen(handle, "wb") as file:
            os.chmod(beside, 0o666 & ~_UMASK)  # as other files are: mkstemp's are for one's eyes
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException as error:
        Path(beside).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _told(error, path, what) from None
        raise
    return Path(path)


def _told(error: OSError, path: str | os.PathLike[str], what: str) -> OSError:
    folder = Path(path).parent
    reason = (error.strerror or str(error)) if folder.is_dir() else "there is no such folder"
    return OSError(error.errno, f"can't write the {what}: {reason}", str(path))


def _umask() -> int:
    """Return the bits that new files lack; to read them they have to be set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_UMASK = _umask()
