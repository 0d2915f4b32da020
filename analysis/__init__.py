"""Fool rates with intervals and tests, and the report that shows them."""
