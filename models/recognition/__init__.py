"""What the sounds and the pictures of a dataset tell, written down for `analysis recognition`."""
