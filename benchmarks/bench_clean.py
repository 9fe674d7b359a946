"""Clean bulk mail wrongly held, and dangerous mail wrongly passed, by the shipped policies.

Prints the shares and, for each mail on the wrong side, its template, reasons and rules. Example: python benchmarks/bench_clean.py
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from clean_mail import CleanMail, mails
from clean_words import Company
from dangerous_mail import dangers

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import Action, Envelope, Inspection, Verdict, attached
from mailguard.policy import Policy, judge, thresholds
from mailguard.unpack.budget import Limits

_DIGESTER = Digester(b"a key only for this benchmark ..")


def verdict(inspection: Inspection, sender: str, recipients: Iterable[str], policy: Policy) -> Verdict:
    """What the machine says."""
    return judge(Envelope(sender, tuple(recipients)), inspection, policy)


def told(inspection: Inspection, result: Verdict) -> str:
    """Reasons and rules, without a value."""
    where = {
        f"{'/'.join(f.path)}:{f.rule}{'(org)' if f.organisation else ''}"
        for f in inspection.findings
        if attached(f.path) or "attachment_findings" not in result.reasons
    }
    return f"{', '.join(result.reasons)}  [{' '.join(sorted(where))}]"


def own(company: Company) -> Own:
    """What the company writes into [own]: domain, phones, address, the people in its footer."""
    return Own(
        domains=(company.domain,),
        phones=(company.phone, company.fax),
        addresses=(company.address,),
        names=(company.head, company.privacy),
    )


def clean(engine: Engine, seed: int, files: Iterable[Path], *, verbose: bool) -> None:
    """The share of clean mail that is held, by policy; with and without [own]."""
    read = [(mail, engine.mail(mail.content)) for mail in mails(seed)]
    for file in files:
        for configured in (False, True):
            expected, wrong = 0, Counter[str]()
            for mail, inspection in read:
                if not (mail.strict or "relaxed" in file.name):
                    continue
                expected += 1
                policy = Policy.build(thresholds(file), own(mail.sender) if configured else Own(), _DIGESTER)
                result = verdict(inspection, f"info@{mail.sender.domain}", mail.recipients, policy)
                if result.action is Action.HOLD:
                    wrong[_line(mail, inspection, result)] += 1
            _print(
                f"{file.stem}{', with [own]' if configured else ''}: clean mail held", wrong, expected, verbose=verbose
            )


def _line(mail: CleanMail, inspection: Inspection, result: Verdict) -> str:
    return f"{mail.template}: {told(inspection, result)}"


def dangerous(engine: Engine, seed: int, files: Iterable[Path], *, verbose: bool) -> None:
    """The share of dangerous mail that passes, by policy."""
    read = [(danger, engine.mail(danger.content)) for danger in dangers(seed)]
    for file in files:
        policy = Policy.build(thresholds(file), Own(domains=("kotobuki.example.co.jp",)), _DIGESTER)
        wrong = Counter[str]()
        expected = [pair for pair in read if not (pair[0].few and "relaxed" in file.name)]
        for danger, inspection in expected:
            result = verdict(inspection, "info@kotobuki.example.co.jp", danger.recipients, policy)
            if result.action is not Action.HOLD:
                wrong[f"{danger.title}: {inspection.persons} persons"] += 1
        _print(f"{file.stem}: dangerous mail passed", wrong, len(expected), verbose=verbose)


def _print(title: str, wrong: Counter[str], total: int, *, verbose: bool) -> None:
    print(f"{title}: {wrong.total()} of {total} ({wrong.total() / max(1, total):.1%})")
    for line, count in sorted(wrong.items()) if verbose else ():
        print(f"  {count} × {line}")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--brief", action="store_true", help="print the shares only")
    arguments = parser.parse_args()
    engine = Engine(Detector.build(shipped_dir(), _DIGESTER), _DIGESTER, Limits())
    files = sorted(shipped_dir().glob("policy*.toml"))
    clean(engine, arguments.seed, files, verbose=not arguments.brief)
    dangerous(engine, arguments.seed, files, verbose=not arguments.brief)


if __name__ == "__main__":
    main()
