"""The command `models`, a module a verb: each reads its options and calls one function of a room."""
