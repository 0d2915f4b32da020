"""Labelling impacts in silent clips: what is due, the page, its part of the API, how far it is."""
