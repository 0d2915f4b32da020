"""Fitting networks: what is trained, on which arrays, for how long, on how many machines."""
