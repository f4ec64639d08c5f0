"""Attention: what each element of a sequence takes from the others, and transformers made of it."""
