"""One module a rule of the generator."""
