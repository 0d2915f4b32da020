"""Who comes to a study and where they go in the end, one module a door."""
