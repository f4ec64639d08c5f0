"""Networks with a memory: a cell that is run through a sequence, and chains of such."""
