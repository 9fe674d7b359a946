"""Base32 that people read aloud. In: bytes. Out: letters and digits without I, L, O and U: nothing to mix up."""

from base64 import b32encode

# Crockford's alphabet in place of that of RFC 4648 §6: both hold the highest five bits first.
_ALPHABET = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def encode(data: bytes) -> str:
    """Eight characters for each five bytes; their number is a multiple of five."""
    return b32encode(data).translate(_ALPHABET).decode("ascii")
