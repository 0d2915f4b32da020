"""What leaves the database: responses, labels and people as tables."""
