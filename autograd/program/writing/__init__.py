"""Writing: groups as NumPy source, forward and in reverse, from the rule table."""
