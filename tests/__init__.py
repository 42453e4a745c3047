"""Tests of Studiolo."""
