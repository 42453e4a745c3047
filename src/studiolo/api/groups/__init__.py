"""Resource groups, and the lists of what is in them."""
