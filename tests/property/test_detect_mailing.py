"""A greeting read by itself, and a text known by its greeting and its rest, are what the whole text tells."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.demo.people import households
from mailguard.detect import person_dictionary, ruleset
from mailguard.detect.blocks import lines_of
from mailguard.detect.folding import fold
from mailguard.detect.mailing import lone
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import BODY, Text

DIGESTER = Digester(b"test key of thirty-two bytes ...")
RULES = ruleset.load(ruleset.shipped_dir())
WARM, COLD = Detector(RULES, DIGESTER), Detector(RULES, DIGESTER, memory=0)
GAPS, ENDS = (
    (" ", "\u3000", ""),
    ("様", " 様", "\u3000様", "殿", "さま", "様、", "様\r\n\r\n", "様\n\u3000\n", "様\n\n\n"),
)
HOMES = households(40, 9)


@pytest.mark.parametrize("turn", range(3))
def test_a_greeting_by_itself_is_what_the_detectors_say_together(turn):
    persons = person_dictionary.load()
    families = itertools.cycle(sorted(persons.family)[turn :: len(GAPS)])
    givens = sorted(persons.given)[turn :: 10 * len(GAPS)]
    readings = sorted(persons.family_readings)[turn :: 50 * len(GAPS)]
    ways = itertools.cycle(itertools.product(GAPS, ENDS))
    seen = 0
    for family, name in [*zip(families, givens, strict=False), *zip(readings, givens, strict=False)]:
        gap, end = next(ways)
        text = fold(f"{family}{gap}{name}{end}").text
        lines = lines_of(text)
        seen += lone(lines) is not None
        assert COLD._finder.hits(text, lines) == COLD._finder.all_hits(text, lines), text
    assert seen > 0.9 * len(givens)


NO_GREETINGS = (
    "お客様", "皆様", "会員 各位", "株式会社ことぶき 様", "事務局 様", "東京都 様", "山田太郎 様 090-1234-5678", "山田 様",
    "ヤマダ タロウ 様",
)  # fmt: skip
GREETINGS = st.one_of(
    st.builds(
        lambda home, gap, end: home.guardian.name.replace(" ", gap) + end,
        st.sampled_from(HOMES),
        st.sampled_from(GAPS),
        st.sampled_from(["様", " 様", "殿", "さま", "様、"]),
    ),
    st.sampled_from(NO_GREETINGS),
)
PARAGRAPHS = (
    "いつもご利用ありがとうございます。", "1\n2\n3\n4\n5\n6\n7\n8", "090-8123-4567\ntaro@example.com", "担当 佐藤",
    "株式会社ことぶき商店\nTEL 075-221-0000", "佐藤 花子 様", "近藤 結衣 様", "山本 健一 氏", "林 太郎\n森 花子\n南 一郎\n北 次郎\n東 三郎",
    "氏名,電話\n山田太郎,090-1234-5678\n山田花子,090-1234-5679", "https://example.jp/?u=1", "一\n二 様\n三", "",
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    st.lists(GREETINGS, min_size=2, max_size=5),
    st.lists(st.sampled_from(PARAGRAPHS), max_size=6),
    st.sampled_from(["\n\n", "\r\n\r\n", "\n\n\n", "\n\u3000\n"]),
)
@example(["近藤 結衣 様", "南 麗子 様"], ["近藤 結衣 様"], "\n\n")
@example(["南 麗子 様", "近藤 結衣 様"], ["近藤 結衣 様", "090-8123-4567"], "\n\n")
@example(["南 麗子 様", "近藤 結衣 様"], ["佐藤 花子 様", "山本 一郎 様"], "\n\n")
def test_a_text_of_a_mailing_tells_what_it_tells_alone(greetings, paragraphs, gap):
    for greeting in greetings:
        text = gap.join([greeting, *paragraphs, "最後までお読みいただき、ありがとうございました。" * 60])
        whole = COLD.whole_text(Text((BODY,), text), b"key")
        assert WARM.text(Text((BODY,), text), b"key") == whole
        assert WARM.skeleton(text) == COLD._skeletons.whole(fold(text).text)


def test_mails_of_a_mailing_are_known():
    rest = "\n\n" + "\n\n".join(PARAGRAPHS[:2]) + "\n\n" + "いつもありがとうございます。" * 90
    fresh = Detector(RULES, DIGESTER)
    for home in HOMES[:10]:
        fresh.text(Text((BODY,), f"{home.guardian.name} 様{rest}"), b"")
    assert len(fresh._mailings) == 1
