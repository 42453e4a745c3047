"""Building the image that containers start from, and keeping it in a daemon."""
