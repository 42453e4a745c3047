"""Who somebody is: passwords, sessions, tokens, the OAuth2 token endpoint."""
