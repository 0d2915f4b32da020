"""What leaves the database: responses and people as tables."""
