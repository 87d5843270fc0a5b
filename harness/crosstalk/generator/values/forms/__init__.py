"""Forms of values that mean something together: amounts, days, spans of time, tables."""
