"""Defects: which rule a finding breaks, how it is classed, and which findings have one cause."""
