"""The score of the mutant catalog: figures, page and picture."""
