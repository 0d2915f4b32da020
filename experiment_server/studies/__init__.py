"""The study file: its keys, what they may be, and the words that people read."""
