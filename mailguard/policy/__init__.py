"""From inspection to verdict: what holds a message, what is only watched, and what a leak would mean by law.

In: envelope, inspection, policy. Out: a Verdict, a Legal. Pure; knows digests, never clear text of the content.
"""

from mailguard.policy.case import Standing
from mailguard.policy.explaining import Explanation, explain
from mailguard.policy.judging import bound, content_key, judge, stopped
from mailguard.policy.legal import Ground, GroundCheck, Legal, grounds_met, legal
from mailguard.policy.mailings import Mailings
from mailguard.policy.thresholds import Report, Thresholds, thresholds
from mailguard.policy.weighing import mailing_key
from mailguard.policy.whole import Policy

__all__ = [
    "Explanation",
    "Ground",
    "GroundCheck",
    "Legal",
    "Mailings",
    "Policy",
    "Report",
    "Standing",
    "Thresholds",
    "bound",
    "content_key",
    "explain",
    "grounds_met",
    "judge",
    "legal",
    "mailing_key",
    "stopped",
    "thresholds",
]
