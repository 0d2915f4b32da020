"""The sound representation: waveforms, cochleagrams, onsets, and back (Sections 3 to 5)."""
