"""Commands for a study that runs, and what all commands share."""
