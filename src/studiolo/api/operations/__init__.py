"""Long-running operations, as clients poll them."""
