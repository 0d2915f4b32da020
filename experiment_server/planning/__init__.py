"""Who sees what: drawn from a seed, balanced, stored."""
