"""The clips' bytes: where they lie, and under which names they are sent."""
