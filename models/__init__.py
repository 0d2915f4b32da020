"""Video-to-sound models: a silent video in, an impact sound out."""
