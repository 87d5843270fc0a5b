"""What a campaign tries beside the generated examples; each phase with an oracle of its own."""
