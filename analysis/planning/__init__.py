"""How large a study must be, by simulation."""
