"""The 2AFC site: study and stimulus set in, trials to people, responses out."""
