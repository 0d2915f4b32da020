"""The demo dataset: a rendered stand-in for Greatest Hits, for trying everything out.

A drumstick hits and scratches textured surfaces and objects of the paper's 17 materials. Pictures are
ray cast and painted in numpy, sounds come from modal and granular synthesis. It is a demo and a test
bed; numbers measured on it are no results.
"""
