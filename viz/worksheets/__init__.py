"""Worksheets: random exercises with clean numbers, and their pages."""
