"""The page about the model `standard`, made of its dimensions: `python -m aicmo_dagster.stages.standard.reference`."""

from aicmo_dagster.stages.industries import DIFFERENT, SAME_GROUP, SAME_SECTOR, SAME_SUBSECTOR
from aicmo_dagster.stages.model import Dimension
from aicmo_dagster.stages.scoring import UNKNOWN_VALUE
from aicmo_dagster.stages.standard.model import STANDARD

_HEAD = f"""\
# The scoring model

Written by `python -m aicmo_dagster.stages.standard.reference` from the dimensions in `aicmo_dagster/stages/standard/`;
edit those. This is `standard`, version {STANDARD.version}, the model of every campaign that does not name another.

A lead is judged by {len(STANDARD.dimensions)} dimensions in {len(STANDARD.groups)} groups. Each has a rule that makes
a value from 0 to 1 of the lead's facts, and a weight:

```text
score = sum of weight × value          the weights of all dimensions sum to 1
```

The dimensions of the company alone are the `icp_fit`, which the [qualification](qualification.md) looks at; all others
are the `opportunity`. [`aicmo explain LEAD`](explain.md) shows each dimension of a lead with value, weight and reason;
`aicmo campaigns dimensions CAMPAIGN` lists them with the weights that the campaign gives.

- **Unknown is unknown.** A dimension whose facts are not known counts as {UNKNOWN_VALUE:g} and is never guessed. The
  `confidence` is the share of the weight that was known.
- **Not asked for** is something else: what the campaign's `icp` gives no target for does not count, and its weight goes
  to the other dimensions of the group.
- Ages are counted in whole days (UTC), so that scoring twice a day gives the same.
- Better facts never lower the fit.

## Other weights

```yaml
scoring:
  groups: {{person: 0.40, company_fit: 0.25}}   # share of the group in the score
  weights: {{title: 0.5, news: 0}}              # weight within the group
```

What is not named keeps its weight; groups, and the dimensions of each, are brought to a sum of 1, so only their
proportions matter. Names that do not exist and groups that are left without any weight are refused.
[Back-test](backtest.md) such a change before it counts. `scoring.model: classic` is the older
model, with seven dimensions.

## Industries

Industries are read, in seven languages and with their synonyms, as classes of NAICS 2022, a public classification.
The same group of classes counts {SAME_GROUP:g}, the same subsector {SAME_SUBSECTOR:g}, the same sector {SAME_SECTOR:g},
anything else {DIFFERENT:g}. An industry in `icp.industries` that nobody knows is refused with the nearest ones.
"""


def markdown() -> str:
    """The whole page: what holds for all dimensions, then one section per group."""
    return "\n".join([_HEAD, *(_section(name, share) for name, share in STANDARD.groups.items())])


def _section(name: str, share: float) -> str:
    own = [one for one in STANDARD.dimensions if one.group == name]
    whole = sum(one.weight for one in own)
    part = "the `icp_fit`" if name in STANDARD.fit else "part of the `opportunity`"
    head = [
        f"## Group `{name}`: {share:.0%} of the score",
        "",
        f"{len(own)} dimensions, {part}. Weights are shares of the group.",
        "",
        "| dimension | weight | from | value |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(_row(one, whole) for one in own), ""])


def _row(one: Dimension, whole: float) -> str:
    cells = (f"`{one.name}`", f"{one.weight / whole:.0%}", one.source, one.says)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    print(markdown(), end="")
