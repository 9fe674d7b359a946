"""The bytes between DATA and the final dot.

In: content with CRLF line ends. Out: the same, made transparent (RFC 5321 §4.5.2) and closed by the final dot.
Never lets a bare CR or LF through: the next hop might read an end of the message into it (SMTP smuggling).
"""


def has_bare_newline(content: bytes) -> bool:
    """Whether a CR stands without LF or a LF without CR (RFC 5321 §2.3.8 forbids both)."""
    pairs = content.count(b"\r\n")
    return content.count(b"\n") != pairs or content.count(b"\r") != pairs


def stuffed(content: bytes) -> bytes:
    """`content` with doubled leading dots, without the final dot; raises ValueError on a bare CR or LF."""
    if has_bare_newline(content):
        raise ValueError("bare CR or LF in a message: refuse or normalise it before it is handed over")
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    doubled = content.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled
