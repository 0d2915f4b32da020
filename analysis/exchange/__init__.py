"""Responses in the formats of other programs."""
