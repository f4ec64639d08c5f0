"""Lifting: the recorded graph as groups of equal operations, sums of products as matrices."""
