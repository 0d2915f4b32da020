"""A person's way through a study: let in, handed trials, answering, gone."""
