"""Whose mail it is, as far as a domain tells: the domains at which a sender's own staff have their addresses.

In: envelope and inspection. Out: domains. Where anybody may have an address (mail providers), or pupils have, a domain tells nothing.
"""

from mailguard import normal
from mailguard.model import Envelope, Inspection

# .ne.jp is for network services, .ac.jp and .ed.jp for schools (JPRS, attribute type domain names).
_SHARED_SUFFIXES = (".ne.jp", ".ac.jp", ".ed.jp", ".edu")
# fmt: off
_PROVIDERS = frozenset([
    "aol.com", "aol.jp", "au.com", "excite.co.jp", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "goo.jp", "googlemail.com",
    "hanmail.net", "hey.com", "hotmail.co.jp", "hotmail.com", "hotmail.fr", "i.softbank.jp", "icloud.com", "infoseek.jp",
    "inter7.jp", "jcom.home.ne.jp", "kyoto.zaq.jp", "live.com", "live.jp", "livedoor.com", "mac.com", "mail.com", "mail.ru",
    "me.com", "msn.com", "naver.com", "nifty.com", "outlook.com", "outlook.jp", "pm.me", "proton.me", "protonmail.com",
    "qq.com", "rakuten.jp", "softbank.jp", "tutanota.com", "uqmobile.jp", "web.de", "yahoo.co.jp", "yahoo.com", "yandex.com",
    "yandex.ru", "ymail.com", "zaq.jp", "zoho.com", "126.com", "163.com",
])
# fmt: on


def staff_domains(envelope: Envelope, inspection: Inspection) -> frozenset[str]:
    """Domain of envelope sender and From, and those above it (news.example.co.jp: example.co.jp), without shared ones."""
    senders = {*inspection.from_domains, envelope.mail_from.rpartition("@")[2]}
    found = {name for sender in senders for name in _and_above(normal.domain(sender))}
    return frozenset(name for name in found if not shared(name))


def shared(domain: str) -> bool:
    """Whether others than staff have addresses at a domain."""
    if f".{domain}".endswith(_SHARED_SUFFIXES):
        return True
    return not _PROVIDERS.isdisjoint(_and_above(domain))


def _and_above(domain: str) -> list[str]:
    """With at least one dot: a top-level domain is nobody's."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]
