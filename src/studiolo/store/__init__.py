"""Persistence: tables, migrations, one repository per aggregate; queries live only here."""
