"""What makes it easier to let mail go, as far as the configuration says it: settled, as the policy is.

In: a configuration. Out: values that compare and are kept as one, and sections in which they are the settings.
"""

from typing import TypeVar

import msgspec

from mailguard import config

_Section = TypeVar("_Section", bound=config.sections.Section)


class Deciding(msgspec.Struct, frozen=True):
    """What makes it easier to let mail go: settings of [holds], release.late_hours and stop_list.never_sources."""

    approval_hours: float
    explain_persons: int
    contact_days: int
    hasty_seconds: int
    late_hours: float
    never_sources: tuple[str, ...]

    @classmethod
    def of(cls, whole: config.Config) -> "Deciding":
        """What a configuration says."""
        holds, late = whole.holds, float(whole.release.late_hours)
        never = tuple(sorted(set(whole.stop_list.never_sources)))
        return cls(
            float(holds.approval_hours), holds.explain_persons, holds.contact_days, holds.hasty_seconds, late, never
        )

    def holds(self, given: config.Holds) -> config.Holds:
        """A section in which these are the settings."""
        return changed(
            given,
            approval_hours=self.approval_hours,
            explain_persons=self.explain_persons,
            contact_days=self.contact_days,
            hasty_seconds=self.hasty_seconds,
        )

    def flat(self) -> dict[str, str]:
        """By the names that they have in the file."""
        return {
            "holds.approval_hours": f"{self.approval_hours:g}",
            "holds.contact_days": str(self.contact_days),
            "holds.explain_persons": str(self.explain_persons),
            "holds.hasty_seconds": str(self.hasty_seconds),
            "release.late_hours": f"{self.late_hours:g}",
            "stop_list.never_sources": "、".join(self.never_sources),
        }


def changed(section: _Section, **values: object) -> _Section:
    """A section with other values, each checked. Raises ValidationError."""
    return type(section).model_validate({**section.model_dump(), **values})
