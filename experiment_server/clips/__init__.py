"""The clips' bytes: the folder or bucket where they lie."""
