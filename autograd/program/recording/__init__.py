"""Recording: arguments taken apart, one run of a function on Values, what it branched on."""
