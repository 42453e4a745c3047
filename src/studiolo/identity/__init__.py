"""Mechanisms of identity: password hashing, random tokens, signed access tokens.

Nothing here knows the store; `api/identity` puts the two together.
"""
