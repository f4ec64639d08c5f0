"""The package: what it needs, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys


def test_nn_imports_neither_viz_nor_any_extra():
    code = "import sys, nn; print(sorted({'viz', 'matplotlib', 'mpmath'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
