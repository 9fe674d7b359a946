"""Alembic's steps, run by engine.py inside one transaction. In: an old database. Out: the tables of schema.py."""
