"""Labelling impacts in silent clips: handed out, labelled once, and how far it is."""
