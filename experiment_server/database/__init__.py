"""The database: tables, the questions asked of them, and their history."""
