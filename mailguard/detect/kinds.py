"""All detectors, in one explicit tuple; and the check of all rules by their own examples.

In: a Ruleset. Out: `Detectors`, built once per process (0.7 s: dictionaries and expressions), or what is wrong with the examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.detect import person_dictionary, tokenizer
from mailguard.detect.address import Address
from mailguard.detect.birth_date import BirthDate
from mailguard.detect.detector import Detector
from mailguard.detect.email import Email
from mailguard.detect.folding import fold, fold_cell
from mailguard.detect.header_rule import HeaderRule
from mailguard.detect.name import Name
from mailguard.detect.name_kana import NameKana
from mailguard.detect.name_model import network
from mailguard.detect.numbers import Number
from mailguard.detect.patterns import SURE_ENOUGH, believe, possible
from mailguard.detect.phone import Phone
from mailguard.detect.postal_code import PostalCode
from mailguard.detect.ruleset import KindRules, Pattern, Ruleset
from mailguard.detect.short_values import ShortValue
from mailguard.detect.special_care import SpecialCare
from mailguard.model import Kind

_NUMBERS = (
    Kind.EMPLOYEE_NUMBER, Kind.MY_NUMBER, Kind.CARD, Kind.BANK_ACCOUNT, Kind.LICENCE, Kind.PASSPORT,
    Kind.PENSION, Kind.INSURANCE, Kind.RESIDENCE_CARD,
)  # fmt: skip
_PLAUSIBLE = 0.35  # what a cell must reach as an example: enough under its header


@dataclass(frozen=True, slots=True)
class Detectors:
    """name: also by itself, for halves of names; care: for cells in a person's row. figureless: those of `all` that may find something where no figure is."""

    name: Name
    care: SpecialCare
    all: tuple[Detector, ...]

    @property
    def figureless(self) -> tuple[Detector, ...]:
        """Numbers are made of figures: their patterns are not even tried without one. Phones and postal codes may be in kanji."""
        return tuple(detector for detector in self.all if not isinstance(detector, Number))

    def of(self, kind: Kind) -> Detector:
        """The detector of a kind; KeyError if there is none."""
        for detector in self.all:
            if detector.kind is kind:
                return detector
        raise KeyError(kind)


def build(rules: Ruleset) -> Detectors:
    """Every detector, dictionaries loaded. Errors: MailguardError where the weights that judge names are absent or damaged."""
    persons = person_dictionary.load()
    words, names = tokenizer.load(), rules.of(Kind.NAME)
    name = Name(names, persons, words, network.load(persons, words.homographs, names.words))
    email, phone = Email(rules.of(Kind.EMAIL)), Phone(rules.of(Kind.PHONE))
    member = Number(rules.of(Kind.MEMBER_NUMBER))
    care = SpecialCare(rules.of(Kind.SPECIAL_CARE), (email.find, phone.find, member.find, name.find))
    detectors: tuple[Detector, ...] = (
        email,
        phone,
        PostalCode(rules.of(Kind.POSTAL_CODE)),
        Address(rules.of(Kind.ADDRESS)),
        name,
        NameKana(rules.of(Kind.NAME_KANA), persons),
        BirthDate(rules.of(Kind.BIRTH_DATE)),
        *(ShortValue(rules.of(kind)) for kind in (Kind.SEX, Kind.AGE, Kind.GRADE)),
        member,
        *(Number(rules.of(kind)) for kind in _NUMBERS),
        care,
    )
    return Detectors(name, care, detectors)


def check(rules: Ruleset) -> list[str]:
    """Every hit and miss that fails, as "file: rule: fact. Remedy."; empty if all hold."""
    detectors = build(rules)
    failures = list(_headers(rules))
    for kind, of_kind in rules.kinds.items():
        for pattern in of_kind.patterns:
            failures += [f"{of_kind.file}: {pattern.id}: {fact}" for fact in _pattern(pattern)]
        failures += [f"{of_kind.file}: examples: {fact}" for fact in _examples(of_kind, detectors.of(kind))]
    return failures


def _headers(rules: Ruleset) -> Iterator[str]:
    for of_kind in rules.kinds.values():
        yield from (f"{of_kind.file}: header: {fact}" for fact in _header(rules, of_kind.header))
    for text in rules.headers.words.hits:
        header = rules.header_kind(text)
        if header is None or not header.organisation:
            yield f"headers.toml: words: hit {text!r} names no organisation. Add its word to organisation."
    for text in rules.headers.words.misses:
        header = rules.header_kind(text)
        if header is not None and header.organisation:
            yield f"headers.toml: words: miss {text!r} names an organisation. Take its word out of organisation."


def _header(rules: Ruleset, rule: HeaderRule) -> Iterator[str]:
    for text in rule.hits:
        header = rules.header_kind(text)
        if header is None or header.kind is not rule.kind:
            yield f"hit {text!r} is read as {header.kind if header else None}. Add a word, or take the example out."
    for text in rule.misses:
        header = rules.header_kind(text)
        if header is not None and header.kind is rule.kind and header.strong:
            yield f"miss {text!r} is read as {rule.kind}. Add a word to not, or take the example out."


def _pattern(pattern: Pattern) -> Iterator[str]:
    for text in pattern.hits:
        if not _matches(pattern, text):
            yield f"hit {text!r} does not match. Widen the regex, check or context, or take the example out."
        if not possible(pattern, fold(text).text):
            yield f"hit {text!r} is lost in a long text. Widen literals or anchor, or take them out."
    for text in pattern.misses:
        if _matches(pattern, text):
            yield f"miss {text!r} matches. Narrow the regex, or take the example out."


def _matches(pattern: Pattern, text: str) -> bool:
    folded = fold(text).text
    return any(believe(pattern, folded, *match.span()) >= SURE_ENOUGH for match in pattern.regex.finditer(folded))


def _examples(rules: KindRules, detector: Detector) -> Iterator[str]:
    examples = rules.examples

    def in_cell(text: str) -> float:
        return detector.cell(fold_cell(text))

    def in_text(text: str) -> bool:
        return any(True for _ in detector.find(fold(text).text))

    widen, narrow = "Widen the rule, or take the example out.", "Narrow the rule, or take the example out."
    yield from (
        f"cell hit {text!r} is not recognised. {widen}" for text in examples.cell_hits if in_cell(text) < _PLAUSIBLE
    )
    yield from (
        f"cell miss {text!r} is recognised. {narrow}" for text in examples.cell_misses if in_cell(text) >= SURE_ENOUGH
    )
    yield from (f"find hit {text!r} is not found. {widen}" for text in examples.find_hits if not in_text(text))
    yield from (f"find miss {text!r} is found. {narrow}" for text in examples.find_misses if in_text(text))
