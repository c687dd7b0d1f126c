import math

import pytest

from aicmo_dagster.stages.standard.flags import flag
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame

HIRING = flag("hiring", "intent", 0.5, "company_hiring", false=0.25, yes="is hiring", no="is not hiring")


def test_a_flag_is_one_where_true_low_where_false_and_else_unknown() -> None:
    found = HIRING.rule(lead_frame(*({"company_hiring": one} for one in (True, False, None))), campaign())
    assert found[:2].tolist() == [1.0, 0.25]
    assert math.isnan(found[2])


def test_a_flag_says_whether_it_is_true_and_what_its_rule_is() -> None:
    said = [HIRING.sentence({"company_hiring": one}, 1.0, campaign()) for one in (True, False)]
    assert said == ["is hiring", "is not hiring"]
    assert HIRING.says == "1 where the lead is hiring, 0.25 where it is not hiring."
    assert HIRING.facts == ("company_hiring",)


def test_a_flag_that_is_text_is_refused() -> None:
    leads = lead_frame({}).astype({"company_hiring": "str"})
    with pytest.raises(TypeError, match="company_hiring"):
        HIRING.rule(leads, campaign())
