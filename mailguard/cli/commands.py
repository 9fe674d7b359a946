"""The commands of `mailguard`, each with its sentence: all that the help of the whole needs.

A command's module has its name, and is imported when the command is called for: who lists holds loads no scanner and no page.
"""

COMMANDS = {
    "serve": "Run proxy, page and metrics.",
    "demo": "Send both incidents through mailguard and open the page.",
    "scan": "Tell what would be held in mails and files.",
    "hold": "Look at holds, return, answer or withdraw one; approvals are given on the page.",
    "request": "File mailings in advance (事前申請).",
    "release": "Pause and resume the sending of approved mail.",
    "person": "Manage the people of the page.",
    "login": 'Manage the SMTP logins of sending systems (smtp.auth = "local").',
    "source": "Manage the sending systems.",
    "change": "Consent to changes to people, sources, the stop list and settings.",
    "stop": "Stop mail in an emergency; two people end a stop.",
    "contact": "Look after published contacts (公開連絡先), which count as no finding.",
    "rules": "Look after the detection rules.",
    "audit": "Look after the audit records.",
    "report": "Draft what is to be told of a leak (漏えい等報告).",
    "config": "Check or print configuration.",
    "db": "Look after the database.",
}
