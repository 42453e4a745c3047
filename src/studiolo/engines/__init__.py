"""Engines make machines. `base` is the contract; each subpackage keeps it in its own way."""
