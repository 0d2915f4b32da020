"""The error that this package raises for its users."""


class StudyError(Exception):
    """A study can't be made, served or exported; the message says why and what to do."""
