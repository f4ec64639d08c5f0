"""Speed and memory of chalkgrad beside other engines: `python -m benchmarks`."""
