"""One file per benchmark: `run` poses it inside an engine's own Python, `table` compares."""
