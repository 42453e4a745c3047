"""The loop that drives every resource to what its row says."""
