"""A step that failed on devices, where the numbers were."""

from __future__ import annotations


class LostError(RuntimeError):
    """Say that a device or another process failed, and the numbers of the last steps are gone.

    The model has those that were last brought home; checkpoints stay as they are.
    """
