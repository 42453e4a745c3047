"""Regions: their sizes, use and quotas."""
