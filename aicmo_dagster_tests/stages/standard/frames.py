"""What the tests of the standard model's dimensions share: a dimension's values by name, and leads of any kind."""

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import SIGNALS, VERIFICATIONS, CampaignConfig
from aicmo_dagster.lead import FIELDS_THAT_MATTER
from aicmo_dagster.stages.model import Dimension, FloatArray
from aicmo_dagster_tests.stages.lead_frames import AS_OF, campaign, lead_frame

ASKING = campaign(
    icp={
        "industries": ["Software"],
        "titles": ["CTO", "VP Engineering"],
        "departments": ["engineering", "sales"],
    },
    time_zone="Europe/Berlin",
)
"""A campaign that asks for what the dimensions of a person and of intent compare with."""

moments = st.integers(-(400 * 24), 400 * 24).map(lambda hours: AS_OF + timedelta(hours=hours))
sums = st.none() | st.floats(0, 1e6)
texts = st.none() | st.text(max_size=12)
booleans = st.sampled_from([None, True, False])
titles = texts | st.sampled_from(
    ["CTO", "Head of Sales", "Assistant to the CEO", "Software Engineer", "Founder"]
)
any_lead: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "identity_kind": st.sampled_from(["mailbox", "linkedin", "person"]),
        "known_fields": st.integers(0, (1 << len(FIELDS_THAT_MATTER)) - 1),
        "email": st.sampled_from([None, "ann@example.com", "info@example.com", "noreply@example.com"]),
        "email_status": st.sampled_from(["valid", "invalid", "missing"]),
        "email_domain": st.sampled_from([None, "example.com", "gmail.com", "mailinator.com"]),
        "title": titles,
        "department": texts | st.sampled_from(["Sales", "engineering_technical"]),
        "time_zone": st.sampled_from([None, "Europe/Berlin", "Asia/Tokyo", "Pacific/Auckland", "Nowhere"]),
        "verification": st.sampled_from([None, *VERIFICATIONS]),
        "job_started_on": st.none() | st.dates(date(1950, 1, 1), date(2030, 1, 1)),
        "open_positions": texts | st.sampled_from(["CTO, Driver", "Driver", "Sales"]),
        "website_visits": st.none() | st.integers(0, 10**9),
        "source": st.sampled_from(["csv", "manual", "unheard-of"]),
        "updated_on": st.none() | moments.map(lambda moment: moment.date()),
        "as_of": st.just(AS_OF) | moments,
        "match_probability": st.none() | st.floats(0, 1),
        "contacted_at": st.none() | moments,
        "last_engaged_at": st.none() | moments,
        "conversion": st.none() | st.floats(0, 1),
    }
    | dict.fromkeys(("opens", "clicks", "replies", "meetings", "engaged_days"), sums)
    | dict.fromkeys((*SIGNALS, "technology_change", "company_in_news", "opted_out_elsewhere"), booleans)
)


def values(
    dimensions: tuple[Dimension, ...], name: str, *leads: dict[str, Any], config: CampaignConfig = ASKING
) -> list[float | None]:
    """The values that the dimension `name` gives to the leads, None where unknown."""
    found = of_name(dimensions, name).rule(lead_frame(*leads), config)
    return [None if math.isnan(value) else round(value, 6) for value in found.tolist()]


def sentence(
    dimensions: tuple[Dimension, ...], name: str, lead: dict[str, Any], config: CampaignConfig = ASKING
) -> str:
    """What the dimension says of a lead of which it is known."""
    one, frame = of_name(dimensions, name), lead_frame(lead)
    return one.sentence(_facts(one, frame, 0), float(one.rule(frame, config)[0].round(6)), config)


def _facts(one: Dimension, frame: pd.DataFrame, row: int) -> dict[str, Any]:
    cells = {column: frame[column].iloc[row] for column in one.facts}
    return {column: None if pd.isna(cell) else cell for column, cell in cells.items()}


def of_name(dimensions: tuple[Dimension, ...], name: str) -> Dimension:
    return next(one for one in dimensions if one.name == name)


def check_rules(dimensions: tuple[Dimension, ...], leads: list[dict[str, Any]]) -> None:
    """Asserts that each value is a share or unknown, that every known one has a sentence without the address, that
    a rule reads no fact that it does not name, and that its values do not hang on the other leads or their order.
    """
    frame = lead_frame(*leads)
    for one in dimensions:
        whole = one.rule(frame[list(one.facts)], ASKING)
        known = whole[~np.isnan(whole)]
        assert ((known >= 0) & (known <= 1)).all(), one.name
        backwards = one.rule(frame[::-1], ASKING)[::-1]
        single: list[FloatArray] = [one.rule(frame[at : at + 1], ASKING) for at in range(len(frame))]
        np.testing.assert_array_equal(whole, backwards, one.name)
        np.testing.assert_array_equal(whole, np.concatenate([frame.iloc[:0]["lead_id"], *single]), one.name)
        for row in np.flatnonzero(~np.isnan(whole)).tolist():
            said = one.sentence(_facts(one, frame, row), float(whole[row].round(6)), ASKING)
            assert said, one.name
            assert str(leads[row]["email"]) not in said, said


def check_description(dimensions: tuple[Dimension, ...], group: str, count: int) -> None:
    """Asserts that the group has its dimensions, all told of in words, with weights that sum to 1."""
    assert len(dimensions) == count
    assert {one.group for one in dimensions} == {group}
    assert math.isclose(sum(one.weight for one in dimensions), 1)
    for one in dimensions:
        assert one.source, one.name
        assert one.says.endswith("."), one.name
