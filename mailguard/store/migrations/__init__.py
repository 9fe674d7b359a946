"""Alembic's steps, run by engine.py inside one transaction. In: an old database. Out: the tables of the schema."""
