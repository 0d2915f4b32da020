"""What follows from the answers, as numbers: rates, tests, breakdowns."""
