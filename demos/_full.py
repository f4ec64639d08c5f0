"""Whether the long version of a demo is asked for: by the environment variable CHALKGRAD_FULL=1."""

from __future__ import annotations

import os


def full() -> bool:
    """Return whether CHALKGRAD_FULL is set to anything but 0."""
    return os.environ.get("CHALKGRAD_FULL", "0") not in ("", "0")
