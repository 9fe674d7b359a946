"""The stop list (配信停止リスト): who has said that they want no more mail, of whom. Pure; knows no database and no event loop.

In: CSV files, addresses, domains. Out: whether a recipient is on the list for a sender. Nothing in here keeps an address:
what is compared are keyed digests.
"""

from mailguard.stoplist.entry import address_key, domain_key, keys_of
from mailguard.stoplist.file import read
from mailguard.stoplist.listing import Block, StopList
from mailguard.stoplist.scope import Scope, Sender

__all__ = ["Block", "Scope", "Sender", "StopList", "address_key", "domain_key", "keys_of", "read"]
