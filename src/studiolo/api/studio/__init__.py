"""The studio, a web front end: its built files, and the pages that load them.

Built from studio/ into dist/ (tools/studio/build.py); a wheel carries it. It talks to nothing but
the public API.
"""
