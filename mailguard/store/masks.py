"""Addresses as they may stand in the database and on the page. In: clear text of a relay or an envelope. Out: masks."""

import re

REPLY = 500  # characters kept of what a relay said
ENDING = 64  # longest ending of a domain (RFC 1035 §2.3.4), its dot included; what is longer is none
_ADDRESS = re.compile(r"""[^\s<>"'(),;:]+@[^\s<>"'(),;:]+""")


def address(value: str) -> str:
    """t***@e***.jp: at least half of the value is hidden."""
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain:
        return "***"
    ending = "." + domain.rpartition(".")[2] if "." in domain else ""
    ending = "" if len(ending) > ENDING else ending
    shown = 3 + len(ending)
    if shown * 2 > len(value):
        return "***@***"
    return f"{local[0]}***@{domain[0]}***{ending}"


def reply(text: str, recipient: str) -> str:
    """The relay's text without addresses; the recipient's mailbox name goes too."""
    hidden = address(recipient)
    local = recipient.rpartition("@")[0]
    clean = re.sub(re.escape(recipient), hidden, text, flags=re.IGNORECASE) if recipient else text
    clean = _ADDRESS.sub(lambda match: match[0] if match[0] == hidden else address(match[0]), clean)
    if len(local) > 2:
        clean = re.sub(rf"(?<![\w*]){re.escape(local)}(?![\w*])", f"{local[0]}***", clean, flags=re.IGNORECASE)
    return clean[:REPLY].replace("\0", " ")  # PostgreSQL keeps no NUL
