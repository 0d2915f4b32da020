"""Whether a finished set is what it says, gives nothing away, and looks right."""
