"""The diagrams of `draw`: which view, which part, which labels: graphs as DOT text."""
