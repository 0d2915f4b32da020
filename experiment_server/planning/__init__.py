"""Who sees what: drawn from a seed and balanced, without a look at any database."""
