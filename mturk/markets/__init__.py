"""Where people are found: MTurk, Prolific, links, all by one interface."""
