"""Studiolo: managed workstations for data scientists, on machines you own."""

__version__ = "0.1.0"
