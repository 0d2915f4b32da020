"""Recordings: a dataset on disk, its videos decoded, its impacts found."""
