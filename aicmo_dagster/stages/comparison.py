"""Which variant of a step is better, with an answer that may be looked at every day.

Leads get their variant by lot, so where two variants are equally good, each reply is from either with the chance
that their weights give, whatever the rate of replies is. The evidence against that is the mixture martingale of a
binomial share: the likelihood under a Beta prior over that under equality. Under equality it exceeds 1/a in one of
1/a cases at most *however often one looks* (Ville's inequality), exactly, also with few replies. So a winner may be
chosen the day the evidence suffices, and the intervals hold on all days at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

ERROR = 0.05
"""Chance that any variant is called better or worse than the step's own text though it is not."""

_PRIOR = 16.0
"""Replies that the prior counts for: it expects one variant to have up to twice the replies of the other."""

_Z = NormalDist().inv_cdf(0.975)
_Z_POWER = NormalDist().inv_cdf(0.8)
_MOST_REPLIES = 10_000_000
_ODD_SHARE = 4.5
"""Standard deviations from the weights beyond which the lot cannot explain how many mails each variant has."""


@dataclass(frozen=True)
class Tally:
    """What is known of a variant: mails old enough to have been answered, and what came of them."""

    mails: int
    replies: int
    positive: int = 0

    @property
    def rate(self) -> float:
        """Replies per mail."""
        return self.replies / self.mails if self.mails else 0.0


@dataclass(frozen=True)
class Comparison:
    """A variant beside the step's own text.

    `p` is corrected for the number of variants (Holm) and for looking often. `lift` is the ratio of the reply
    rates with its interval, which is corrected for looking often only; None where there are no replies.
    `difference` is Newcombe's interval of the difference of the rates, for a single look.
    """

    p: float
    lift: float | None
    lift_interval: tuple[float, float]
    difference: tuple[float, float]
    by_lot: bool
    """False where mails are not spread as the weights say: then nothing follows from their replies."""

    @property
    def better(self) -> bool:
        """Whether the variant is significantly better."""
        return self.by_lot and self.p <= ERROR and (self.lift or 0) > 1

    @property
    def worse(self) -> bool:
        """Whether it is significantly worse."""
        return self.by_lot and self.p <= ERROR and (self.lift or 0) < 1


def compare(base: Tally, variants: Sequence[Tally], weights: Sequence[float]) -> list[Comparison]:
    """Each variant beside the base, whose weight is 1."""
    shares = [weight / (1 + weight) for weight in weights]
    single = [
        min(1.0, exp(-log_evidence(one.replies, base.replies, share, share)))
        for one, share in zip(variants, shares, strict=True)
    ]
    return [
        Comparison(
            p,
            (one.rate / base.rate if base.rate else float("inf")) if one.replies + base.replies else None,
            _lift_interval(one.replies, base.replies, share),
            newcombe(one, base),
            _is_by_lot(one.mails, base.mails, share),
        )
        for p, one, share in zip(_holm(single), variants, shares, strict=True)
    ]


def winner(
    names: Sequence[str], base_name: str, tallies: Sequence[Tally], found: Sequence[Comparison]
) -> str | None:
    """The best of the variants that are better; the base where every variant is worse; None where it is open."""
    better = [(one.rate, name) for name, one, by in zip(names, tallies, found, strict=True) if by.better]
    if better:
        return max(better)[1]
    return base_name if found and all(one.worse for one in found) else None


def log_evidence(ours: int, others: int, prior_share: float, share: float) -> float:
    """Natural logarithm of the evidence that `ours` of the replies do not come with the chance `share`.

    A martingale under that chance; `prior_share` is where the prior has its mean.
    """
    if not 0 < share < 1:
        return 0.0
    a, b = _PRIOR * prior_share, _PRIOR * (1 - prior_share)
    mixed = _log_beta(a + ours, b + others) - _log_beta(a, b)
    return mixed - ours * log(share) - others * log(1 - share)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _holm(single: Sequence[float]) -> list[float]:
    """p-values that hold together (Holm 1979), in the order of `single`."""
    order = sorted(range(len(single)), key=lambda at: single[at])
    corrected, highest = [1.0] * len(single), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, single[at] * (len(single) - rank)))
        corrected[at] = highest
    return corrected


def _lift_interval(ours: int, others: int, share: float) -> tuple[float, float]:
    """All ratios of rates against which the evidence is less than 1/ERROR: 95 % on all days at once."""
    if not 0 < share < 1:
        return 0.0, float("inf")
    limit, best = -log(ERROR), ours / (ours + others) if ours + others else share

    def edge(outside: float) -> float:
        inside = best
        for _ in range(60):
            middle = (inside + outside) / 2
            if log_evidence(ours, others, share, middle) < limit:
                inside = middle
            else:
                outside = middle
        return inside

    odds = (1 - share) / share
    low, high = edge(0.0), edge(1.0)
    return (
        low / (1 - low) * odds if low > 1e-12 else 0.0,
        high / (1 - high) * odds if high < 1 - 1e-12 else float("inf"),
    )


def _is_by_lot(ours: int, others: int, share: float) -> bool:
    total = ours + others
    return abs(ours - total * share) <= _ODD_SHARE * sqrt(total * share * (1 - share)) + 1


def wilson(one: Tally) -> tuple[float, float]:
    """The 95 % interval of the rate (Wilson 1927), for a single look."""
    if one.mails == 0:
        return 0.0, 1.0
    n, rate, squared = one.mails, one.rate, _Z * _Z
    middle = (rate + squared / (2 * n)) / (1 + squared / n)
    half = _Z * sqrt(rate * (1 - rate) / n + squared / (4 * n * n)) / (1 + squared / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(one: Tally, base: Tally) -> tuple[float, float]:
    """The 95 % interval of the difference of the rates (Newcombe 1998, method 10), for a single look."""
    (low, high), (base_low, base_high) = wilson(one), wilson(base)
    difference = one.rate - base.rate
    return (
        difference - sqrt((one.rate - low) ** 2 + (base_high - base.rate) ** 2),
        difference + sqrt((high - one.rate) ** 2 + (base.rate - base_low) ** 2),
    )


def mails_needed(rate: float, lift: float, weight: float = 1.0, variants: int = 1) -> int | None:
    """Mails of step and variant together after which a lift is seen in four of five cases; None where never.

    `rate` is that of the base, `lift` the ratio of the rates, e.g. 1.5 for half as many replies again.
    """
    if rate <= 0 or lift <= 0 or lift == 1 or weight <= 0:
        return None
    share = weight / (1 + weight)
    chance = weight * lift / (1 + weight * lift)
    limit = -log(ERROR / max(variants, 1))

    def suffice(replies: int) -> bool:
        spread = _Z_POWER * sqrt(replies * chance * (1 - chance))
        ours = replies * chance + (spread if lift < 1 else -spread)
        towards = ours > replies * share if lift > 1 else ours < replies * share
        return towards and log_evidence(round(ours), replies - round(ours), share, share) >= limit

    low, high = 1, 2
    while not suffice(high):
        low, high = high, high * 2
        if high > _MOST_REPLIES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffice(middle) else (middle, high)
    return round(high / (rate * (1 - share) + min(1.0, rate * lift) * share))
