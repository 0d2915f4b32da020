"""Whether the answers can be trusted: declared exclusions, and checks of the study itself."""
