"""Stimulus sets: clips of test videos, each paired with its real sound and each variant."""
