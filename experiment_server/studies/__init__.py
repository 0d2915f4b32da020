"""A study on disk: its file, its words, its folder."""
