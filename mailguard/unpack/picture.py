"""Pictures made ready for reading: frames, the right way up, in shades of grey, large enough and no larger.

In: an image whose header was looked at, or a rendered page. Out: grey pictures of at most 9 million pixels, under the
budget. Small letters are read better at twice their size; what is long is cut into strips that overlap.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import suppress

from PIL import Image, ImageFile, ImageOps, ImageSequence, ImageStat

from mailguard.unpack.budget import Budget

FRAMES = 10  # different ones of an animation or a file of pages
_LOOKED_AT = 200  # frames; equal ones are read once
_DOUBLED = 1_500_000  # pixels up to which a picture is shown at twice its size
_MOST = 9_000_000  # an A4 page at 300 dpi
_LONG = 2  # a strip is so many times as high as it is wide
_OVERLAP = 0.05
_LIGHT = 160  # mean shade of what is white writing on nothing
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "HEIF", "AVIF")


def frames(data: bytes, budget: Budget) -> Iterator[Image.Image | None]:
    """Each different frame in shades of grey; None when there are more than are read. Raises what Pillow raises."""
    seen: set[bytes] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow's, about what stands in the file
        with Image.open(io.BytesIO(data), formats=[kind for kind in _FORMATS if kind in Image.OPEN]) as image:
            for number, frame in enumerate(ImageSequence.Iterator(image)):
                if number >= _LOOKED_AT or len(seen) >= FRAMES:
                    yield None
                    return
                budget.picture(frame.width * frame.height)
                grey = _grey(frame)
                if (pixels := grey.tobytes()) in seen:
                    budget.pictures -= 1
                    continue
                seen.add(pixels)
                yield grey


def pieces(grey: Image.Image) -> Iterator[Image.Image]:
    """What is read at once, in the size in which it is read best."""
    height = max(grey.width * _LONG, 200)
    step = int(height * (1 - _OVERLAP))
    for top in range(0, max(grey.height - int(height * _OVERLAP), 1), step):
        strip = grey.crop((0, top, grey.width, min(top + height, grey.height)))
        yield _sized(strip)


def _sized(grey: Image.Image) -> Image.Image:
    area = grey.width * grey.height
    scale = 2.0 if area <= _DOUBLED else min(1.0, (_MOST / area) ** 0.5)
    if scale == 1.0:
        return grey
    size = max(int(grey.width * scale), 1), max(int(grey.height * scale), 1)
    return grey.resize(size, Image.Resampling.LANCZOS)


def _grey(frame: Image.Image) -> Image.Image:
    """Upright, on the ground on which its writing shows."""
    upright = ImageOps.exif_transpose(frame)
    if not upright.has_transparency_data:
        return upright.convert("L")
    coloured = upright.convert("LA")
    shade, cover = coloured.split()
    opaque = cover.point(lambda value: 255 * (value > 127))
    light = opaque.getbbox() is not None and ImageStat.Stat(shade, opaque).mean[0] > _LIGHT
    ground = Image.new("L", shade.size, 0 if light else 255)
    ground.paste(shade, mask=cover)
    return ground


# A worker that is locked down cannot load decoders later.
Image.init()
with suppress(ImportError):
    import pi_heif  # type: ignore[import-untyped]

    pi_heif.register_heif_opener()
# What a mail program shows of a file that breaks off is read, too.
ImageFile.LOAD_TRUNCATED_IMAGES = True
