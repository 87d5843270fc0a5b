"""Systems under test as a campaign sees them: reference, described, demonstrations, mutants."""
