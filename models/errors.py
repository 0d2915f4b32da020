"""The errors that this package raises for its users."""


class ModelsError(Exception):
    """Something a user gave to `models` can't be used; the message says what and how to mend it."""


class UnavailableError(ModelsError):
    """A variant can't run on this dataset; the message says what it lacks."""
