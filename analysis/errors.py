"""The errors that this package raises for its users."""


class AnalysisError(Exception):
    """Something given to `analysis` can't be used; the message says what and how to mend it."""
