"""Opening a mail down to text and tables (opening.py), one handler per format.

Nothing is imported here: what only wants the limits, or the names of tools, loads no format.
"""
