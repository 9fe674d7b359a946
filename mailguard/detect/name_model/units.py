"""What is judged as one: a foreign name of katakana words joined by ・, Latin words joined by blanks, else each word for itself.

In: words of a sentence. Out: half-open stretches of them that cover all.
"""

from collections.abc import Sequence

from mailguard.detect.tokenizer import Script, Word

_KATAKANA = frozenset({Script.KATAKANA, Script.INITIAL})
_LATIN = frozenset({Script.LATIN, Script.INITIAL})


def units(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Stretches in order."""
    found = []
    index, count = 0, len(words)
    while index < count:
        stop = index + 1
        script = words[index].script
        if script is not Script.OTHER:
            if script is Script.KATAKANA or (script is Script.INITIAL and _joint(words, stop)):
                stop = _katakana(words, stop)
            elif script in _LATIN:
                stop = _latin(words, stop)
        found.append((index, stop))
        index = stop
    return found


def _joint(words: Sequence[Word], index: int) -> bool:
    return index < len(words) and words[index].script is Script.JOINT


def _katakana(words: Sequence[Word], stop: int) -> int:
    """ジョン|・|スミス, ハーレー|ダビッドソン; デザイナー|スミス are two: a common noun is joined by ・ only."""
    while stop < len(words):
        if words[stop].script is Script.KATAKANA and not (words[stop].common or words[stop - 1].common):
            stop += 1
        elif _joint(words, stop) and stop + 1 < len(words) and words[stop + 1].script in _KATAKANA:
            stop += 2
        else:
            break
    return stop


def _latin(words: Sequence[Word], stop: int) -> int:
    while stop + 1 < len(words) and words[stop].script is Script.BLANK and words[stop + 1].script in _LATIN:
        stop += 2
    return stop
