"""What chalkgrad can do, one demo a file; `python -m demos` runs the main ones."""
