"""The words of the page: one catalogue per language, the same keys in each.

In: a key and its numbers. Out: a sentence in the language of the reader. The words are those of the glossary.
"""

from dataclasses import dataclass

from mailguard.web.texts import en, ja

CATALOGUES = {"ja": ja.TEXTS, "en": en.TEXTS}
DEFAULT = "ja"


@dataclass(frozen=True, slots=True)
class Texts:
    """One language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its fields filled in; an unknown key is a bug."""
        return CATALOGUES[self.language][key].format(**values)

    def count(self, key: str, n: int) -> str:
        """A number with its word, in the singular where the language has one."""
        return self(f"{key}.one" if n == 1 else key, n=n)

    def known(self, group: str, code: str) -> str:
        """The text of a code that other modules define, or the text of `<group>.other` that names the code."""
        catalogue = CATALOGUES[self.language]
        return catalogue[f"{group}.{code}"] if f"{group}.{code}" in catalogue else self(f"{group}.other", code=code)


def preferred(accept: str) -> str:
    """The best of our languages in an Accept-Language header (RFC 9110 §12.5.4); Japanese when it names neither."""
    ranked = []
    for place, item in enumerate(accept.split(",")):
        tag, _, parameter = item.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in CATALOGUES and (quality := _quality(parameter)) > 0:
            ranked.append((-quality, place, language))
    return min(ranked)[2] if ranked else DEFAULT


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
