"""The errors that this package raises for its users."""


class StimuliError(Exception):
    """A stimulus set can't be made, read or shown; the message says why and what to do."""
