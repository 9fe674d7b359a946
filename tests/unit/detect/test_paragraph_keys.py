"""What a paragraph is known by is made once, however many people it names."""

from mailguard.detect.blocks import lines_of
from mailguard.detect.paragraph_keys import ParagraphKeys
from mailguard.digest import Digester

TEXT = "一行目 \n二行目\n\n三行目\n"


class Counting(Digester):
    made = 0

    def of(self, label, value):
        type(self).made += 1
        return super().of(label, value)


def test_a_key_is_of_the_lines_of_its_paragraphs_and_made_once():
    digester, lines = Counting(b"k" * 32), lines_of(TEXT)
    keys = ParagraphKeys()
    keys.begin(lines)
    first, second = lines[0].paragraph, lines[3].paragraph
    for _ in range(5):
        assert keys.of(digester, (first,)) == Digester(digester.key).of("paragraph", "一行目\n二行目")
    assert digester.made == 1
    assert keys.of(digester, (first, second)) == Digester(digester.key).of("paragraph", "一行目\n二行目\n\n三行目")
    keys.begin(lines_of("別の文\n"))
    assert keys.of(digester, (0,)) == Digester(digester.key).of("paragraph", "別の文")
