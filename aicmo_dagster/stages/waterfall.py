"""The waterfall: vendors are asked one after the other, each only about the leads that still lack what it gives.

An answer becomes a record as a source delivers it, with what the lead is known by; `stages.harvest.clean` makes
a typed lead of it, so that an answer is read like everything else.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig, WantedField
from aicmo_dagster.lead import SOURCE_FIELDS
from aicmo_dagster.stages.scoring import score_alone

State = Literal["answered", "uncertain", "pending", "failed", "waiting"]
"""How a vendor stands to a lead: it answered (or knew nothing); nobody knows whether it was asked; its answer is
to be fetched; it refused or could not be reached; it was not asked, for want of budget or after a failure."""

OWN_FIELDS = ("email", "linkedin_url", "first_name", "last_name", "company")
"""What a lead is known by, added to answers that do not say it."""

_SAID_BY: Mapping[str, frozenset[str]] = {
    "first_name": frozenset({"first_name", "full_name"}),
    "last_name": frozenset({"last_name", "full_name"}),
    "employees": frozenset({"employees", "company_size"}),
    "revenue_usd": frozenset({"revenue", "revenue_usd"}),
}
_NAMES = frozenset({"first_name", "last_name"})


def given(gives: Set[str], wanted: Sequence[WantedField]) -> list[WantedField]:
    """The wanted fields that answers with the fields `gives` may bring."""
    return [field for field in wanted if _SAID_BY.get(field, frozenset({field})) & gives]


def best_first(leads: pd.DataFrame, config: CampaignConfig, now: datetime) -> "pd.Series[float]":
    """How well each lead (`lead_id` and `lead.LEAD_COLUMNS`) fits, 0 to 1: who is asked about first."""
    return score_alone(leads, config, now)["icp_fit"]


def records(own: pd.DataFrame, answers: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Records for `stages.harvest.clean`, one per answer, in their order; `line` is the position.

    `own` has `OWN_FIELDS` of the lead that each answer is about.
    """
    known = own[list(OWN_FIELDS)].astype("object").where(own[list(OWN_FIELDS)].notna(), None)
    filled = []
    for mine, answer in zip(known.to_dict("records"), answers, strict=True):
        said = {field: text for field, text in answer.items() if text}
        left_out = _NAMES if "full_name" in said else frozenset()
        own_words = {str(field): text for field, text in mine.items() if text and field not in left_out}
        filled.append(own_words | said)
    columns: dict[str, pd.Series[str]] = {
        name: pd.Series([one.get(name) for one in filled], dtype="str") for name in (*SOURCE_FIELDS, "extra")
    }
    frame = pd.DataFrame(columns)
    frame.insert(0, "line", np.arange(len(filled), dtype="int64"))
    return frame


def word_on_address(record: Mapping[str, str] | None, email: str) -> str:
    """What an answer says of the lead's address; `unknown` where it says nothing, or speaks of another one."""
    if record is None or (record.get("email") or email).strip().lower() != email.lower():
        return "unknown"
    return (record.get("verification") or "unknown").lower()


def outcomes(
    states: pd.DataFrame, missing: pd.DataFrame, vendors: Sequence[str], out_of_reach: Set[str]
) -> pd.DataFrame:
    """How far the waterfall got with each lead of `missing`, in its order, as `lead_enrichments` keeps it.

    `states` has `lead_id`, `vendor`, `state` and `answered_at`, a row per lead and vendor. `missing` has
    `lead_id` and a boolean column per wanted field. `out_of_reach` are the fields that a vendor might give
    which could not be asked at all. The answer has `lead_id`, `outcome`, `missing`, `asked` and `consulted`
    (texts of PostgreSQL arrays, the latter two in the order of `vendors`) and `answered_at`, the newest answer.
    """
    fields = [column for column in missing.columns if column != "lead_id"]
    place = pd.Index(missing["lead_id"])
    of_state = {
        state: _among(place, states.loc[states["state"] == state, "lead_id"])
        for state in ("pending", "failed", "waiting")
    }
    lacks = missing[fields].to_numpy(dtype=bool)
    unreached = np.array([field in out_of_reach for field in fields], dtype=bool)
    waits = of_state["waiting"] | of_state["failed"] | (lacks & unreached).any(axis=1)
    outcome = np.select(
        [~lacks.any(axis=1), of_state["pending"], waits], ["complete", "pending", "waiting"], "exhausted"
    )
    was_asked = states[states["state"].isin(["answered", "pending"])]
    asked, consulted = (
        np.column_stack([_among(place, of.loc[of["vendor"] == vendor, "lead_id"]) for vendor in vendors])
        for of in (was_asked, states)
    )
    newest = states.groupby("lead_id")["answered_at"].max()
    return pd.DataFrame(
        {
            "lead_id": missing["lead_id"].to_numpy(),
            "outcome": pd.array(outcome, dtype="str"),
            "missing": _arrays(lacks, fields),
            "asked": _arrays(asked, vendors),
            "consulted": _arrays(consulted, vendors),
            "answered_at": newest.reindex(missing["lead_id"]).array,
        }
    )


def _among(place: pd.Index, leads: "pd.Series[int]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return place.isin(leads)


def _arrays(
    mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", names: Sequence[str]
) -> pd.api.extensions.ExtensionArray:
    """Per row the names where it is true, as the text of a PostgreSQL array."""
    distinct, codes = np.unique(mask, axis=0, return_inverse=True)
    quoted = [f'"{name}"' for name in names]
    texts = [
        "{" + ",".join(name for name, yes in zip(quoted, row, strict=True) if yes) + "}" for row in distinct
    ]
    return pd.array(texts, dtype="str").take(codes.reshape(-1))
