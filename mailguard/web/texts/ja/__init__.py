"""The page in Japanese; the words of the glossary."""

from mailguard.web.texts.ja import (
    campaigns,
    contacts,
    deciding,
    frame,
    hold,
    leak,
    looking,
    numbers,
    overview,
    reasons,
    record,
    release,
    requests,
    routed,
    stops,
    why,
)

TEXTS = {
    **campaigns.TEXTS,
    **contacts.TEXTS,
    **deciding.TEXTS,
    **frame.TEXTS,
    **hold.TEXTS,
    **leak.TEXTS,
    **looking.TEXTS,
    **numbers.TEXTS,
    **overview.TEXTS,
    **reasons.TEXTS,
    **record.TEXTS,
    **release.TEXTS,
    **routed.TEXTS,
    **stops.TEXTS,
    **requests.TEXTS,
    **why.TEXTS,
}
