"""Shares of answers and tests between them: arrays in, frozen results out."""
