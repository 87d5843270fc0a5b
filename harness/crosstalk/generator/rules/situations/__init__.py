"""Rules that bring about a situation in which a leak can show: full pages, changes, errors."""
