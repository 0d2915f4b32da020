"""Labelling impacts in silent clips: who labels which, the page, the labels, robots that label."""
