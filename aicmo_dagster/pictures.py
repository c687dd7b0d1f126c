"""Small charts for asset metadata: Dagster shows Markdown, and Markdown takes an image as data.

Drawn with Pillow: a plotting library takes 0.6 s of every run to load and draw the same five pictures.
"""

import base64
import io
from collections.abc import Mapping, Sequence

import dagster as dg
from PIL import Image, ImageDraw, ImageFont

_WIDTH = 640
_ROW = 26
_HEAD = 40
_SQUARE = 320
_BAR, _INK, _FAINT = "#4f43dd", "#1f2328", "#9a9fa6"
_MOST_LETTERS = 48


def bars(title: str, counts: Mapping[str, int], most: int = 12) -> dg.MarkdownMetadataValue:
    """A horizontal bar per entry with its number, in the given order, the first on top; at most `most`."""
    shown = {name[:_MOST_LETTERS]: count for name, count in list(counts.items())[:most]}
    image, draw, font = _canvas(title, _ROW * max(len(shown), 1))
    names = max((draw.textlength(name, font) for name in shown), default=0.0)
    numbers = max((draw.textlength(f"{count:,}", font) for count in shown.values()), default=0.0)
    left = 10 + names + 8
    room = _WIDTH - left - numbers - 18
    longest = max([*shown.values(), 1])
    for row, (name, count) in enumerate(shown.items()):
        middle = _HEAD + row * _ROW + _ROW / 2
        right = left + max(room * count / longest, 1)
        draw.text((left - 8, middle), name, _INK, font, anchor="rm")
        draw.rectangle((left, middle - 9, right, middle + 9), _BAR)
        draw.text((right + 6, middle), f"{count:,}", _INK, font, anchor="lm")
    return _markdown(title, image)


def histogram(title: str, counts: Sequence[int], marks: Mapping[str, float]) -> dg.MarkdownMetadataValue:
    """Columns over 0 to 1, the highest with its number, and named thresholds as lines."""
    image, draw, font = _canvas(title, 180)
    left, right, top, ground = 14, _WIDTH - 14, _HEAD + 22, _HEAD + 150
    width = (right - left) / max(len(counts), 1)
    highest = max([*counts, 1])
    for place, count in enumerate(counts):
        height = (ground - top) * count / highest
        draw.rectangle(
            (left + place * width + 1, ground - height, left + (place + 1) * width - 1, ground), _BAR
        )
    for name, threshold in marks.items():
        at = left + threshold * (right - left)
        draw.line((at, _HEAD, at, ground), _FAINT)
        draw.text((at + 4, _HEAD), name, _FAINT, font)
    draw.line((left, ground, right, ground), _INK)
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        draw.text((left + tick * (right - left), ground + 4), f"{tick:g}", _INK, font, anchor="ma")
    draw.text((_WIDTH - 10, 12), f"highest column: {max(counts, default=0):,}", _FAINT, font, anchor="ra")
    return _markdown(title, image)


def beside(title: str, groups: Mapping[str, Mapping[str, tuple[int, int]]]) -> bytes:
    """A PNG of two horizontal bars per entry, before and after, in groups with a heading each."""
    rows = sum(len(entries) + 1 for entries in groups.values())
    image, draw, font = _canvas(title, _ROW * (rows + 1))
    entries = [one for group in groups.values() for one in group.items()]
    left = 18 + max((draw.textlength(name[:_MOST_LETTERS], font) for name, _ in entries), default=0.0)
    longest = max([*(max(pair) for _, pair in entries), 1])
    room = _WIDTH - left - draw.textlength(f"{longest:,}", font) - 18
    at = float(_HEAD)
    for place, (name, colour) in enumerate((("before", _FAINT), ("after", _BAR))):
        draw.rectangle((left + 90 * place, at + 6, left + 90 * place + 12, at + 18), colour)
        draw.text((left + 90 * place + 18, at + 12), name, _INK, font, anchor="lm")
    at += _ROW
    for heading, group in groups.items():
        draw.text((10, at + _ROW / 2 + 4), heading, _FAINT, font, anchor="lm")
        at += _ROW
        for name, pair in group.items():
            draw.text((left - 8, at + _ROW / 2), name[:_MOST_LETTERS], _INK, font, anchor="rm")
            for count, colour, top in zip(pair, (_FAINT, _BAR), (at + 2, at + _ROW / 2), strict=True):
                right = left + max(room * count / longest, 1)
                draw.rectangle((left, top, right, top + _ROW / 2 - 3), colour)
                draw.text((right + 5, top + 5), f"{count:,}", _INK, ImageFont.load_default(10), anchor="lm")
            at += _ROW
    return _png(image)


def reliability(
    title: str, models: Mapping[str, Sequence[tuple[int, float, float]]]
) -> dg.MarkdownMetadataValue:
    """Predicted against observed shares of each model (rows, mean predicted, share observed per bin), with the line
    on which they would be equal; the first model is drawn in full colour.
    """
    image, draw, font = _canvas(title, _SQUARE + 56)
    left, top, right, ground = 60, _HEAD + 6, 60 + _SQUARE, _HEAD + 6 + _SQUARE
    highest = max((max(mean, share) for bins in models.values() for _, mean, share in bins), default=0.0)
    scale = next(edge for edge in (0.05, 0.1, 0.2, 0.5, 1.0) if highest <= edge or edge == 1.0)
    draw.line((left, ground, right, top), _FAINT)
    draw.rectangle((left, top, right, ground), outline=_INK)
    for tick in (0.0, 0.5, 1.0):
        words = f"{100 * tick * scale:g} %"
        draw.text((left + tick * _SQUARE, ground + 4), words, _INK, font, anchor="ma")
        draw.text((left - 6, ground - tick * _SQUARE), words, _INK, font, anchor="rm")
    draw.text((left + _SQUARE / 2, ground + 24), "predicted", _INK, font, anchor="ma")
    draw.text((left + 8, top + 6), "observed", _INK, font)
    for place, ((name, bins), colour) in reversed(
        list(enumerate(zip(models.items(), (_BAR, _FAINT), strict=False)))
    ):
        points = [
            (left + mean / scale * _SQUARE, ground - share / scale * _SQUARE) for _, mean, share in bins
        ]
        if len(points) > 1:
            draw.line(points, colour, 2)
        for x, y in points:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), colour)
        at = top + 12 + 24 * place
        draw.ellipse((right + 20, at - 5, right + 30, at + 5), colour)
        draw.text((right + 38, at), name[:_MOST_LETTERS], _INK, font, anchor="lm")
    return _markdown(title, image)


def _canvas(
    title: str, height: int
) -> tuple[Image.Image, ImageDraw.ImageDraw, ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    image = Image.new("RGB", (_WIDTH, _HEAD + height + 12), "white")
    draw = ImageDraw.Draw(image)
    draw.text((10, 10), title, _INK, ImageFont.load_default(17))
    return image, draw, ImageFont.load_default(13)


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _markdown(title: str, image: Image.Image) -> dg.MarkdownMetadataValue:
    encoded = base64.b64encode(_png(image)).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{encoded})")
