"""How it began: threshold units, and networks that have an energy."""
