"""mailguard hold: look at holds, and what sends nothing: return, answer, withdraw, each with a person's password.

There is no approve here: a shell is no second person.
"""

import argparse
from collections.abc import Mapping

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState
from mailguard.presets import JAPANESE, PRESETS
from mailguard.store.saying import Said
from mailguard.store.views import HoldRow
from mailguard.telling import problem_json, problem_line


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "hold", COMMANDS["hold"])
    listing = verb(actions, "list", "List holds, the newest first.", "mailguard hold list --state pending")
    listing.add_argument("--state", choices=[str(state) for state in HoldState])
    listing.add_argument("--limit", type=int, default=50)
    listing.set_defaults(run=_list)
    show = verb(actions, "show", "Show one hold: why, what and how many.", "mailguard hold show H-7K2M9QX4TD")
    show.add_argument("id")
    show.set_defaults(run=_show)
    together = verb(actions, "campaigns", "List mailings with their holds added up.", "mailguard hold campaigns")
    together.add_argument("--state", choices=[str(state) for state in HoldState], default=str(HoldState.PENDING))
    together.add_argument("--limit", type=int, default=50)
    together.set_defaults(run=_campaigns)
    views = verb(
        actions, "views", "List who opened which part of a hold, when and why.", "mailguard hold views H-7K2M9QX4TD"
    )
    views.add_argument("id")
    views.set_defaults(run=_views)
    asking = _decision(actions, Choice.RETURN, "Ask the operators about a hold, as an approver.", "to_confirm")
    answer = _decision(actions, Choice.ANSWER, "Answer the question about a hold, as its operator.", "")
    withdraw = _decision(actions, Choice.WITHDRAW, "Withdraw a hold, as its operator; it is never sent.", "send_again")
    for parser in (listing, show, together, views, asking, answer, withdraw):
        takes_config(parser)


def _decision(verbs: Verbs, choice: Choice, sentence: str, code: str) -> argparse.ArgumentParser:
    more = f" --code {code}" if code else ""
    example = f"mailguard hold {choice} H-7K2M9QX4TD --as tanaka{more} --reason TEXT"
    parser = verb(verbs, str(choice), f"{sentence} The password is asked for, or read from a pipe.", example)
    parser.add_argument("id")
    parser.add_argument("--as", dest="login", required=True, metavar="LOGIN")
    parser.add_argument("--reason", default="", metavar="TEXT")
    if choice in PRESETS:
        parser.add_argument("--code", default="", choices=[str(one) for one in PRESETS[choice]])
    parser.set_defaults(run=_decide, choice=choice, code="")
    return parser


def _decide(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person, row = authenticated(store, arguments.login), store.holds.get(arguments.id).row
        state = store.holds.decide(
            row.id,
            revision=row.revision,
            choice=arguments.choice,
            person_id=person.id,
            reason=arguments.reason,
            said=Said(arguments.code),
        )
    print(f"hold {row.id}: {state}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    states = {HoldState(arguments.state)} if arguments.state else None
    with store_of(arguments) as store:
        for row in store.holds.recent(states, limit=arguments.limit):
            print(_line(row))
    return 0


def _campaigns(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for row in store.campaigns.recent((HoldState(arguments.state),), arguments.limit):
            states = ", ".join(f"{state} {count:,}" for state, count in row.states.items())
            print(
                f"{row.id}\t{row.source_title}\t保留 {row.holds:,}件 ({states})\t本人数 {row.persons:,}人"
                f"\t宛先数 {row.recipients:,}件\t通数 {row.messages:,}通\t二重送信 {row.folded:,}通\t{','.join(row.reasons)}"
            )
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
    if view.routed.needs.names:
        missing, named = view.routed.missing, ", ".join(view.routed.needs.names)
        lack = "".join(f" {name or '-'} {count}" for name, count in missing.organisations)
        print(f"承認ルート {named}: 必要 {view.routed.approvals}名、あと {missing.approvals}名{lack}")
    for finding in view.inspection.findings:
        print(
            f"  {' › '.join(finding.path)} {finding.where}: {finding.kind} {finding.count:,}件 {'、'.join(finding.samples)}"
        )
    for problem in view.inspection.problems:
        print(f"  {problem_line(problem_json(problem))}")
    for decision in view.decisions:
        preset = f"[{JAPANESE.get(decision.code, decision.code)}] " if decision.code else ""
        hasty = " (短時間での承認)" if decision.hasty else ""
        said = f"{preset}{decision.reason}{hasty}"
        print(f"{decision.at:%Y-%m-%d %H:%M} UTC {decision.choice} {decision.who}: {said}")
    print(f"通数 {_counts(view.progress.messages)}; 宛先数 {_counts(view.progress.recipients)}")
    return 0


def _views(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        parts, looks = store.holds.get(arguments.id).inspection.parts, store.part_views.of(arguments.id)
    for one in looks:
        path = " › ".join(parts[one.part].path) if one.part < len(parts) else str(one.part + 1)
        print(
            f"{one.at:%Y-%m-%d %H:%M} UTC\t{one.kind}\t{one.person_name}\t{path}\t{one.message or '–'}\t{one.reason or '–'}"
        )
    return 0


def _counts(numbers: Mapping[MessageState, int] | Mapping[RecipientState, int]) -> str:
    return ", ".join(f"{state} {number:,}" for state, number in numbers.items()) or "0"
