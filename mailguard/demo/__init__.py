"""The demo: both incidents on one machine, with made-up people."""
