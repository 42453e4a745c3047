"""A typed HTTP client of the control plane."""
