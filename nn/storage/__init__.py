"""Models as files and as tables."""
