"""Which leads are probably one person.

1. `match_keys` says under which keys a lead is found; the table `lead_keys` keeps them.
2. `candidate_pairs` are the leads that share a key, with at least one of them new.
3. `compare` gives each pair the probability that it is one person, and what spoke for and against it.
4. `clusters` joins accepted pairs into persons, but for `contradictions`.
"""

from aicmo_dagster.stages.matching.clusters import clusters, contradictions
from aicmo_dagster.stages.matching.keys import MOST_PER_KEY, candidate_pairs, match_keys
from aicmo_dagster.stages.matching.pairs import compare
from aicmo_dagster.stages.matching.traces import MATCH_COLUMNS

__all__ = [
    "MATCH_COLUMNS",
    "MOST_PER_KEY",
    "candidate_pairs",
    "clusters",
    "compare",
    "contradictions",
    "match_keys",
]
