"""The table of the configuration file that says how much of a mail is opened; the text on a field is its documentation."""

from pydantic import Field

from mailguard.config.sections import Section


class Limits(Section):
    """How much of one mail is opened. What lies beyond a limit is named and held, never left out in silence."""

    header_block_bytes: int = Field(256 * 1024, ge=1_024, description="header block of a mail or of one of its parts")
    header_bytes: int = Field(64 * 1024, ge=998, description="one header")
    mime_parts: int = Field(1_000, ge=1, description="MIME parts of one mail")
    mime_depth: int = Field(32, ge=1, le=64, description="MIME parts inside each other")
    depth: int = Field(10, ge=1, le=50, description="containers inside each other: a ZIP in a ZIP in a mail")
    files: int = Field(10_000, ge=1, description="files opened in one mail")
    member_bytes: int = Field(100_000_000, ge=1, description="one file inside a container, unpacked")
    total_bytes: int = Field(400_000_000, ge=1, description="everything unpacked from one mail")
    total_ratio: int = Field(500, ge=1, description="everything unpacked, as a multiple of the size of the mail")
    total_floor_bytes: int = Field(100_000_000, ge=0, description="total_ratio holds only above this")
    ratio: int = Field(100, ge=1, description="one file, unpacked, as a multiple of its packed size")
    ratio_floor_bytes: int = Field(1_000_000, ge=0, description="ratio holds only above this")
    text_chars: int = Field(20_000_000, ge=1, description="characters of one text")
    cells: int = Field(50_000_000, ge=1, description="cells of all tables of one mail")
    pages: int = Field(2_000, ge=1, description="pages of one PDF")
    pictures: int = Field(
        30, ge=0, description="pictures of one mail whose text is read: images, frames, scanned pages"
    )
    picture_pixels: int = Field(50_000_000, ge=1, description="width times height of one picture; a larger one is held")
    picture_seconds: float = Field(
        9,
        ge=0,
        le=1_800,
        description="no more pictures of one mail are read after so long; below scanner.task_seconds - tool_seconds",
    )
