"""A study on disk: made for a stimulus set, and opened with all that serving and exporting need."""
