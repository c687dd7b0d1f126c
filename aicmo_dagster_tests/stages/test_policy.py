import math

import pytest

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.policy import LAWS, STRICTEST, laws, months_of

from .lead_frames import campaign

EUROPEAN_ECONOMIC_AREA = (
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO"
)
ELSEWHERE = "GB CH US CA AU NZ JP SG IN BR ZA IL AE"


@pytest.mark.parametrize("code", [*EUROPEAN_ECONOMIC_AREA.split(), *ELSEWHERE.split()])
def test_every_country_of_note_has_a_rule_with_its_source(code: str) -> None:
    assert country_code(code) == code
    assert any(character.isdigit() for character in LAWS[code].source)


def test_a_natural_persons_address_is_never_freer_than_a_companys() -> None:
    order = ("allowed", "consent", "forbidden")
    assert all(order.index(law.personal) >= order.index(law.business) for law in LAWS.values())


@pytest.mark.parametrize("code", EUROPEAN_ECONOMIC_AREA.split())
def test_in_the_european_economic_area_natural_persons_consent(code: str) -> None:
    """Directive 2002/58/EC article 13(1)."""
    assert LAWS[code].personal == "consent"


def test_only_express_consent_counts_by_the_strictest_rule() -> None:
    assert months_of(STRICTEST, "business", "express") == math.inf
    assert all(
        math.isnan(months_of(STRICTEST, "business", one)) for one in ("purchase", "inquiry", "published")
    )


def test_a_campaigns_rule_may_name_the_country_in_any_way() -> None:
    own = {"business": "forbidden", "personal": "forbidden"}
    config = campaign(qualification={"policy": {"countries": {"Deutschland": own}}})
    assert laws(config)["DE"].business == "forbidden"
    assert laws(config)["FR"] == LAWS["FR"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Atlantis"], "'Atlantis', which is no known country; write"),
        (["DE", "Germany"], "same country; keep one"),
    ],
)
def test_a_country_that_cannot_be_is_refused_with_place_and_remedy(names: list[str], said: str) -> None:
    own = {"business": "allowed", "personal": "allowed"}
    config = campaign(qualification={"policy": {"countries": dict.fromkeys(names, own)}})
    with pytest.raises(ConfigurationError, match=said) as caught:
        laws(config)
    assert "qualification.policy.countries" in str(caught.value)
