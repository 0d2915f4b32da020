"""The detection model: when something sounds in a whole video, and how (Sections 6.1, 6.2, A1.1)."""
