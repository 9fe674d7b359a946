"""What a scanner worker runs (worker.py), and how the service asks for it (client.py): unpack, then detect.

Nothing is imported here: the service asks without what only its workers need.
"""
