"""Drafts of a report of a leak, in English. The drafts themselves are in Japanese: that is what is filed."""

TEXTS = {
    "leak.title": "Draft of a leak report",
    "leak.help": "Drafts the report and the letter to the persons from the record, in Japanese. Of a hold that never left it is the proof of that. Each draft is recorded.",
    "leak.open": "Make a draft",
    "leak.known": "Day on which it became known (day 1)",
    "leak.known.help": "When somebody in the organisation knew. The deadlines count from this day.",
    "leak.to": "Receiver",
    "leak.to.all": "Everybody who must be told",
    "leak.wrongful": "A wrongful purpose is feared (final report within 60 days)",
    "leak.encrypted": "Only attachments under high-grade encryption left, and nobody else knows the password",
    "leak.submit": "Show the draft (to print)",
    "leak.submit.md": "Save as Markdown",
    "leak.record": "Save the record to print",
    "leak.back": "Back to the hold",
    "action.report.drafted": "Leak report drafted",
    "refused.known_bad": "Write the day of knowing as 2026-11-20.",
    "refused.known_later": "The day of knowing cannot be still to come.",
    "refused.receiver_unknown": "This receiver is not configured.",
    "refused.nothing_named": "Name the holds that it is about.",
}
