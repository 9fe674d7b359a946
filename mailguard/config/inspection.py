"""The tables of the configuration file that say how mail is judged; the text on a field is its documentation."""

import os

from pydantic import Field

from mailguard.config.sections import Section


class Own(Section):
    """Contact details of your own organisation: never a reason to hold."""

    domains: tuple[str, ...] = Field((), description='your mail domains, as in ["example.co.jp"]')
    phones: tuple[str, ...] = Field((), description="your published phone numbers")
    addresses: tuple[str, ...] = Field((), description="your published postal addresses")
    names: tuple[str, ...] = Field(
        (),
        description="names of staff who sign mailings, surname and given name apart, with their reading if it is used: "
        '["佐藤 花子（サトウ ハナコ）"]',
    )
    test_addresses: tuple[str, ...] = Field(
        (),
        description="where you send test mails, beside your own domains: a held mail to these alone is shown as a rehearsal"
        ' of the real run, as in ["qa@example.com"]',
    )


class PolicySection(Section):
    """What holds a message."""

    file: str = Field(
        "policy.toml",
        min_length=1,
        description="policy.toml (strict) or policy-relaxed.toml, both in rules_dir, or the path of your own. Read again on SIGHUP",
    )
    monitor: bool = Field(
        default=False,
        description="hold nothing, and count what would have been held: for the first weeks only",
    )


class Scanner(Section):
    """The sandboxed workers that open attachments."""

    workers: int = Field(
        0, ge=0, le=64, description="scanner processes, for each SMTP process; 0 is one for each processor core"
    )
    task_seconds: float = Field(
        20, gt=0, le=1_800, description="longest scan of one message; then the worker is killed and the mail held"
    )
    tool_seconds: float = Field(
        10, gt=0, le=1_800, description="longest run of one program (lhasa, unar, tesseract); then it is killed"
    )
    memory_mb: int = Field(1024, ge=256, description="memory of one worker, and of the program it may have running")
    # A new worker reads the texts of the mailing that is under way again: 50 to 100 ms, a fifteenth of the processor time of
    # small mails when that happens every 1,000. What a worker keeps is bounded, and recycle_mb looks after each message.
    recycle_tasks: int = Field(5000, ge=1, description="a worker is replaced after so many messages")
    recycle_mb: int = Field(
        600, ge=128, description="a worker that keeps more memory than this after a message is replaced"
    )

    @property
    def processes(self) -> int:
        """Scanner processes on this machine."""
        return self.workers or len(os.sched_getaffinity(0))
