"""A typed client of Studiolo's API, used by the command line and the tests."""
