"""Ways to make a sound for a clip: the paper's, other people's, and how they are found by name."""
