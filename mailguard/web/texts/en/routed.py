"""Who must approve, in English."""

TEXTS = {
    "route.count": "Approvals so far: {n} of {needed}.",
    "route.undeclared": "source not declared",
    "route.needs": "{names}: {n} approvals are needed",
    "route.missing": " ({n} more)",
    "route.missing.who": " ({n} more: {who})",
    "route.of": "{who} {n}",
    "route.others": " and others",
    "route.nowhere": "an approver without an organisation",
    "route.approved": "Approved by: {who}",
    "route.step": 'From a cap of {n:,} recipients on, the approvals of "{names}" are needed, too.',
}
