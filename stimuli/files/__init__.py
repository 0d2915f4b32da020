"""MP4 files: pictures encoded once, sounds laid over them, every byte accounted for."""
