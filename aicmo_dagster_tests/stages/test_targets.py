"""What an ideal customer profile may ask for."""

import pytest

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.targets import check_targets
from aicmo_dagster_tests.stages.lead_frames import campaign


def icp(**fields: list[str]) -> None:
    check_targets(campaign(icp={"locations": ["Germany"], **fields}))


@pytest.mark.parametrize("field", ["industries", "locations", "titles", "technologies", "keywords"])
def test_a_blank_text_is_refused_with_its_place(field: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"'test': icp\.{field}\[2\] is blank; .*leave it out"):
        icp(**{field: ["Germany", "  "]})


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Germny", "Germany"),
        ("Germanyy", "Germany"),
        ("Frnace", "France"),
        ("Untied Kingdom", "United Kingdom"),
        ("Swizerland", "Switzerland"),
    ],
)
def test_a_mistyped_country_is_refused_with_the_one_that_is_meant(text: str, country: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"icp\.locations\[1\] has '{text}'.*'{country}'.*'Salta, Argentina'"
    ):
        icp(locations=[text])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Deutschland",
            "DE",
            "EMEA",
            "DACH",
            "Nordics",
            "Georgia",
            "Bavaria",
            "Indiana",
            "Niger",
            "Nigeria",
        ),
        *("Portland", "Oakland", "Lima", "Milan", "Salta", "Granada"),
        *("Austin, Texas, USA", "San Francisco, CA"),
    ],
)
def test_countries_regions_states_and_towns_are_taken(text: str) -> None:
    icp(locations=[text])
