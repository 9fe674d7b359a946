"""What several commands share on the command line: verbs with one sentence and one example, and the configuration."""

import argparse
from pathlib import Path
from typing import Any

from mailguard.config import Config, load

Verbs = Any  # argparse's sub-parsers have no public type


def verb(verbs: Verbs, name: str, sentence: str, example: str) -> argparse.ArgumentParser:
    """A command with its help."""
    made: argparse.ArgumentParser = verbs.add_parser(
        name, help=sentence, description=sentence, epilog=f"Example: {example}"
    )
    return made


def nested(verbs: Verbs, name: str, sentence: str) -> Verbs:
    """A noun with verbs of its own."""
    made = verbs.add_parser(name, help=sentence, description=sentence)
    return made.add_subparsers(dest="action", required=True, metavar="ACTION")


def takes_config(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`; without it the embedded defaults and the environment."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file; without it the defaults")


def config_of(arguments: argparse.Namespace) -> Config:
    """The configuration that a command runs on."""
    return load(arguments.config)
