"""Small charts for asset metadata: Dagster shows Markdown, and Markdown takes an image as data."""

import base64
import io
from collections.abc import Mapping, Sequence

import dagster as dg
from matplotlib.figure import Figure

_COLOUR = "#4f43dd"


def bars(title: str, counts: Mapping[str, int], most: int = 12) -> dg.MarkdownMetadataValue:
    """A horizontal bar per entry with its number, in the given order, the first on top; at most `most`."""
    shown = dict(list(counts.items())[:most])
    figure = Figure(figsize=(6.4, 0.8 + 0.32 * max(len(shown), 1)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.barh(range(len(shown)), list(shown.values()), color=_COLOUR)
    axes.bar_label(drawn, labels=[f" {count:,}" for count in shown.values()])
    axes.set_yticks(range(len(shown)), [name[:48] for name in shown])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title(title, loc="left")
    return _markdown(title, figure)


def histogram(title: str, counts: Sequence[int], marks: Mapping[str, float]) -> dg.MarkdownMetadataValue:
    """Columns over 0 to 1, with named thresholds as dashed lines."""
    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    axes = figure.subplots()
    width = 1 / max(len(counts), 1)
    axes.bar([place * width for place in range(len(counts))], counts, width, align="edge", color=_COLOUR)
    for name, threshold in marks.items():
        axes.axvline(threshold, linestyle="--", color="#888888", linewidth=1)
        axes.annotate(
            name, (threshold, 1), (3, -10), xycoords=("data", "axes fraction"), textcoords="offset points"
        )
    axes.set_xlim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left")
    return _markdown(title, figure)


def _markdown(title: str, figure: Figure) -> dg.MarkdownMetadataValue:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80)
    encoded = base64.b64encode(content.getvalue()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{encoded})")
