"""Who must approve a hold: routes by what is known of it, what it needs, and what of that is still missing.

In: routes.toml, facts of a hold, organisations of those who approved. Out: `Needs`, `Missing`, moments of reminders. Pure;
that each of them is a second person is lifecycle.py's to say, and comes on top.
"""

from mailguard.routes.needs import Missing, Needs, Step
from mailguard.routes.reading import routes
from mailguard.routes.route import Escalation, Point, Requirement, Route, Then, When
from mailguard.routes.routing import NO_RULING, NONE, Facts, Routes, Ruling
from mailguard.routes.timing import DEFAULT_REMINDERS, Moment, moments

__all__ = [
    "DEFAULT_REMINDERS",
    "NONE",
    "NO_RULING",
    "Escalation",
    "Facts",
    "Missing",
    "Moment",
    "Needs",
    "Point",
    "Requirement",
    "Route",
    "Routes",
    "Ruling",
    "Step",
    "Then",
    "When",
    "moments",
    "routes",
]
