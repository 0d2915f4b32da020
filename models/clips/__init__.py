"""The centred clips of a dataset as arrays: to learn from, to search among, to lend their sounds."""
