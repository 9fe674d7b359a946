"""What differs from the earlier runs of a mailing, and what a verdict says of it."""

from datetime import UTC, datetime

import pytest

from mailguard.digest import Digester
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, PartInfo, Verdict
from mailguard.policy.earlier import DIFFERS, differences, differing
from mailguard.traits import shape, traits

DIGESTER = Digester(b"k" * 32)
NOW = datetime(2027, 4, 28, tzinfo=UTC)


def message(*files, kinds=(), domain="shop.example.jp", to=1):
    """Traits of a mail with files of (name, content)."""
    named = [PartInfo((name,), "text/csv", 9, key=content.encode()) for name, content in files]
    parts = (PartInfo(("(body)",), "text/plain", 9, key=b"body"), *named)
    findings = tuple(Finding("rule", kind, ("x",), "1", 1, 1, ()) for kind in kinds)
    envelope = Envelope("a@b.example", ("c@d.example",) * to)
    return traits(envelope, Inspection(findings=findings, parts=parts, from_domains=(domain,)), DIGESTER)


@pytest.mark.parametrize(
    ("now", "before", "codes"),
    [
        (message(), [], ()),
        (message(), [message()], ()),
        (message(("list.csv", "x")), [message()] * 6, ("attachment_added",)),
        (message(("list.csv", "x")), [message(("news.pdf", "a"))], ("attachment_other",)),
        (message(("news-12月.pdf", "x")), [message(("news-１１月.pdf", "a")), message(("news-10月.pdf", "b"))], ()),
        (message(("news.pdf", "x")), [message(("news.pdf", "a"))] * 2, ("attachment_other",)),
        (message(("news.pdf", "a")), [message(("news.pdf", "a"))] * 2, ()),
        (message(domain="other.example.jp"), [message()], ("sender_other",)),
        (message(kinds=(Kind.PHONE,)), [message(kinds=(Kind.NAME,))], ("kinds_new",)),
        (message(to=31), [message(to=10)], ("recipients_more",)),
        (message(to=30), [message(to=10)], ()),
    ],
)
def test_each_difference_has_a_code(now, before, codes):
    assert differences(now, before, 3) == codes


def test_a_name_is_known_without_its_figures():
    assert shape("会員リスト２０２７－０４.CSV") == shape("会員リスト2026-12.csv")


def test_it_is_a_reason_beside_others_and_holds_by_itself_only_when_asked():
    held, passed = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",)), Verdict(Action.PASS)
    seen = Inspection(subject_key=b"s", parts=(PartInfo(("a.csv",), "text/csv", 1, key=b"a"),))
    for hold in (False, True):
        beside = differing(seen, held, ("attachment_added",), DIGESTER, hold=hold)
        assert (beside.reasons, beside.evidence) == (("attachment_findings", DIFFERS), (b"leaf",))
        assert differing(seen, passed, (), DIGESTER, hold=hold) is passed
    assert differing(seen, passed, ("attachment_added",), DIGESTER, hold=False) is passed
    alone = differing(seen, passed, ("attachment_added",), DIGESTER, hold=True)
    assert (alone.action, alone.reasons) == (Action.HOLD, (DIFFERS,))
    assert b"a" in alone.evidence
    other = differing(seen, passed, ("sender_other",), DIGESTER, hold=True)
    assert set(other.evidence) != set(alone.evidence)
