"""The whole service from one Config: the only place with concrete classes, the clock and signals.

Nothing is imported here: a command that asks what time it is starts without the page, SMTP and the scanners.
"""
