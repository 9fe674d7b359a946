"""What a paragraph of a body is known by: a digest of its lines, made once however many people it names.

In: the lines of one text, and numbers of paragraphs. Out: digests.
"""

from collections import defaultdict
from collections.abc import Sequence

from mailguard.detect.blocks import Line
from mailguard.digest import Digester


class ParagraphKeys:
    """Of the lines last begun with."""

    def __init__(self) -> None:
        self.lines: Sequence[Line] = ()
        self._texts: dict[int, list[str]] = {}
        self._keys: dict[tuple[int, ...], bytes] = {}

    def begin(self, lines: Sequence[Line]) -> None:
        """Put the lines of each paragraph together."""
        texts = defaultdict(list)
        for line in lines:
            texts[line.paragraph].append(line.text.strip())
        self.lines, self._texts, self._keys = lines, texts, {}

    def of(self, digester: Digester, paragraphs: tuple[int, ...]) -> bytes:
        """The key of paragraphs together, in the order in which they stand."""
        key = self._keys.get(paragraphs)
        if key is None:
            text = "\n".join(line for number in paragraphs for line in self._texts.get(number, ()))
            key = self._keys[paragraphs] = digester.of("paragraph", text)
        return key
