"""Alembic's entry. In: the connection that engine.py passes. Never opens one, never reads an ini file."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
