"""Addresses as they come: raw paths pass, bytes that are no text are refused for good."""

from mailguard.relay.reply import Reply
from mailguard.smtp.command import Address, parse

ALL = frozenset({"SIZE", "8BITMIME", "SMTPUTF8", "DSN"})


def test_bytes_that_are_no_utf8_are_refused_with_their_own_code():
    argument = b"TO:<\x8e\x52\x93\x63@example.jp>".decode("utf-8", "surrogateescape")
    refused = parse("RCPT", argument, ALL)
    assert isinstance(refused, Reply)
    assert refused.raw() == b"553 5.6.7 address is not UTF-8\r\n"


def test_utf8_passes():
    assert parse("RCPT", "TO:<山田@例え.jp>", ALL) == Address("山田@例え.jp", ())
