"""Notice HIPS autograd, whose import name is the same, when its files lie among ours.

Both packages install into one folder called autograd, and whichever came last has its __init__.py
there. This module is imported by ours and, for when that is gone, by `nn` and `viz`.
"""

from pathlib import Path

if Path(__file__).with_name("tracer.py").exists():  # a file of theirs that we do not have
    raise ImportError(
        "two packages are called autograd: HIPS autograd is installed over chalkgrad's files in "
        f"{Path(__file__).parent}. Keep one of them: pip uninstall -y autograd chalkgrad, then "
        "pip install chalkgrad; use separate virtual environments to have both"
    )
