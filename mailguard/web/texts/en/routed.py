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
    "decide.short": "Nobody can give the approvals that are needed{missing}.",
    "decide.short.help": "As it is, this can be rejected or sent back, and is neither approved nor sent. Ask the administrator to add approvers.",
    "route.approved": "Approved by: {who}",
    "route.step": 'From a cap of {n:,} recipients on, the approvals of "{names}" are needed, too.',
}
