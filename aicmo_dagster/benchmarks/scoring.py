"""Scoring and qualification by the model `standard` at size: seconds, memory, and bare COPY of the same beside it."""

import json
import time
from typing import Any
from uuid import uuid4

from aicmo_dagster.benchmarks import people, pipeline

_TABLES = ("leads", "lead_scores", "lead_verdicts")
_ASKS_FOR_EVERYTHING = {
    "company_sizes": ["medium", "enterprise"],
    "industries": ["Software", "Financial Services", "Healthcare"],
    "revenue_usd": {"min": 1_000_000, "max": 900_000_000},
    "locations": ["DACH", "France", "United Kingdom", "Austin"],
    "titles": ["CEO", "CTO", "VP Sales", "Head of Marketing"],
    "departments": ["sales", "marketing"],
    "technologies": ["Salesforce", "AWS"],
    "keywords": ["saas", "b2b"],
    "company_age_years": {"min": 2, "max": 20},
    "funding_stages": ["series_a", "series_b"],
    "min_headcount_growth": 0.1,
}


def run(leads: int) -> dict[str, Any]:
    """Measure `leads` leads in a fresh embedded database; returns what `aicmo bench scoring --json` prints.

    Nearly everything that the model can look at is known and asked for. Seconds are those of reading, deciding and
    storing; what Dagster, its checks and pictures add is in `aicmo bench pipeline`. `bare_copies_s` are the leads
    out, and the scores with all their dimensions and the verdicts out and in again, by nothing but COPY.
    """
    with pipeline.fresh_home() as home:
        file = home / "leads.csv"
        people.write_csv(file, leads, rich=True)
        pipeline.apply(file, icp=_ASKS_FOR_EVERYTHING, scoring={"model": "standard"})
        pipeline.child(home, [*pipeline.JOBS, "harvest"])
        measured = pipeline.child(home, ["-m", __name__])
        rows = pipeline.count("lead_scores")
        known = pipeline.dimensions_known()
        reference = pipeline.bare_copy([], _TABLES)
    del reference["leads in"]
    seconds = sum(measured["stages_s"].values())
    copies = sum(reference.values())
    return {
        "leads": rows,
        "dimensions": known["dimensions"],
        "known": known["known"],
        "stages_s": measured["stages_s"],
        "seconds": seconds,
        "leads_per_s": rows / seconds,
        "peak_rss_bytes": measured["peak_rss_bytes"],
        "bare_copies_s": reference,
        "bare_copy_s": copies,
        "ratio": seconds / copies,
    }


def _measured_stages() -> None:
    """The child's part: score and judge the benchmark's campaign, print what it cost."""
    from aicmo_dagster.flow.qualify import qualify
    from aicmo_dagster.flow.run import start
    from aicmo_dagster.flow.score import score

    stages: dict[str, float] = {}
    for name, stage in (("score", score), ("qualify", qualify)):
        run = start(pipeline.KEY, uuid4())
        started = time.monotonic()
        stage(run)
        stages[name] = time.monotonic() - started
    print(json.dumps({"stages_s": stages, "peak_rss_bytes": pipeline.peak_rss_bytes()}))


if __name__ == "__main__":
    _measured_stages()
