"""Running: programs on arrays, in blocks of rows, over threads, or as native code."""
