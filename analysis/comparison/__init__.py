"""Two studies, or two sets of exclusions, side by side."""
