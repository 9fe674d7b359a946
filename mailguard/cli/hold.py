"""mailguard hold: look at holds. There is no approve here: a shell is no second person."""

import argparse
from collections.abc import Mapping

from mailguard.cli.options import Verbs, nested, store_of, takes_config, verb
from mailguard.lifecycle import HoldState, MessageState, RecipientState
from mailguard.store.views import HoldRow
from mailguard.telling import problem_json, problem_line


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "hold", "Look at holds; decisions are made on the page.")
    listing = verb(actions, "list", "List holds, the newest first.", "mailguard hold list --state pending")
    listing.add_argument("--state", choices=[str(state) for state in HoldState])
    listing.add_argument("--limit", type=int, default=50)
    listing.set_defaults(run=_list)
    show = verb(actions, "show", "Show one hold: why, what and how many.", "mailguard hold show H-7K2M9QX4TD")
    show.add_argument("id")
    show.set_defaults(run=_show)
    for parser in (listing, show):
        takes_config(parser)


def _list(arguments: argparse.Namespace) -> int:
    states = {HoldState(arguments.state)} if arguments.state else None
    with store_of(arguments) as store:
        for row in store.holds.recent(states, limit=arguments.limit):
            print(_line(row))
    return 0


def _line(row: HoldRow) -> str:
    most = "" if row.persons_exact else "最大"
    persons = f"{row.persons_least:,}人以上(集計中)" if row.counting else f"{most}{row.persons:,}人"
    return (
        f"{row.id}\t{row.state}\t{row.source_title}\t本人数 {persons}\t宛先数 {row.recipients:,}件"
        f"\t通数 {row.messages:,}通\t{','.join(row.reasons)}"
    )


def _show(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        view = store.holds.get(arguments.id)
    row = view.row
    print(_line(row))
    print(f"件名 {row.subject}\n世帯数 {row.households:,}\n期限 {row.expires_at:%Y-%m-%d %H:%M} UTC")
    for finding in view.inspection.findings:
        print(
            f"  {' › '.join(finding.path)} {finding.where}: {finding.kind} {finding.count:,}件 {'、'.join(finding.samples)}"
        )
    for problem in view.inspection.problems:
        print(f"  {problem_line(problem_json(problem))}")
    for decision in view.decisions:
        print(f"{decision.at:%Y-%m-%d %H:%M} UTC {decision.choice} {decision.person_name}: {decision.reason}")
    print(f"通数 {_counts(view.progress.messages)}; 宛先数 {_counts(view.progress.recipients)}")
    return 0


def _counts(numbers: Mapping[MessageState, int] | Mapping[RecipientState, int]) -> str:
    return ", ".join(f"{state} {number:,}" for state, number in numbers.items()) or "0"
