"""How good a variant is: the paper's auditory metrics, and cochleagrams to look at."""
