"""Detection of Japanese personal data in text and tables (whole.py), one detector per kind.

Nothing is imported here: what only reads the rules loads no detector.
"""
