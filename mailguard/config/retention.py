"""The table of the configuration file about what is deleted; the text on a field is its documentation."""

from pydantic import Field

from mailguard.config.sections import Section


class Retention(Section):
    """How long held bytes are kept; the record of them stays."""

    released_hours: float = Field(24, ge=0, le=87_600, description="held bytes are deleted so long after release")
    rejected_days: float = Field(
        7, ge=0, le=3_650, description="the same after a rejection, a withdrawal or a failed release"
    )
    expired_days: float = Field(7, ge=0, le=3_650, description="the same after expiry")
    watched_days: int = Field(
        400,
        ge=1,
        le=3_650,
        description="sums of mailings that only monitoring let pass are forgotten after so many days",
    )
    confirm: bool = Field(
        default=False, description="delete only when an approver confirms it: mailguard db purge --confirm LOGIN"
    )
