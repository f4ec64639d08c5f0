"""Speed and memory of chalkgrad beside other engines: `python -m benchmarks`.

`python -m benchmarks.conformance --keep` renews the scorecards of published engines.
"""
