"""By what header fields the tool that sends a mail names the mailing, or the list, that it belongs to.

In: the fields of a header block. Out: both names, "" where there is none. They are compared, never shown. List-Id names a
list of many mailings (RFC 2919); Feedback-ID names a mailing where its first of three or more fields does (Gmail's format:
campaign:customer:type:sender), and else an account; X-Campaign-ID and the like have no standard.
"""

import re
from functools import lru_cache

from mailguard.unpack.header import Headers

_MAILING = re.compile(r"x-(?:[a-z0-9]{1,20}-){0,2}(?:campaign|mailing|broadcast|newsletter|job)-?(?:id)?")
_MOST = 300  # bytes of a name
_LONGEST = 60  # characters of a field's name
_LIST, _FEEDBACK = "list-id", "feedback-id"
_FIELDS = 3  # of a Feedback-ID that names a mailing


def read(headers: Headers) -> tuple[str, str]:
    """The name of the mailing and that of the list."""
    mailing = mailing_list = ""
    for name, value in headers.fields:
        if not _names(name) or not value or len(value) > _MOST:
            continue
        text = value.decode("ascii", "replace").strip()
        if name == _LIST:
            mailing_list = mailing_list or f"list {_within(text)}"
        elif name != _FEEDBACK or _names_mailing(text.split(":")):
            mailing = mailing or f"{name} {text}"
    return mailing, mailing_list


def _names_mailing(feedback: list[str]) -> bool:
    return len(feedback) >= _FIELDS and bool(feedback[0].strip())


def _within(text: str) -> str:
    """The identifier of a List-Id, without the words before it."""
    return text.rpartition("<")[2].partition(">")[0].strip().lower()


@lru_cache(1_000)
def _names(name: str) -> bool:
    return name in {_LIST, _FEEDBACK} or (len(name) <= _LONGEST and _MAILING.fullmatch(name) is not None)
