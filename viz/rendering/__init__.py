"""DOT text made into files: SVG, PNG and PDF, by programs that may or may not be there."""
