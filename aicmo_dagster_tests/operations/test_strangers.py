import pytest

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations.strangers import check_ours, refuse
from aicmo_dagster_tests.stages.lead_frames import campaign


def hubspot(**account: str) -> CampaignConfig:
    return campaign(crm={"hubspot": account})


def test_a_variable_of_the_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.token_env: .*AICMO_DATABASE_URL"):
        refuse(hubspot(token_env="AICMO_DATABASE_URL"), None)


def test_a_vendors_own_variable_goes_to_the_vendor() -> None:
    refuse(hubspot(), None)


def test_a_vendors_own_variable_goes_nowhere_else() -> None:
    with pytest.raises(ConfigurationError, match="AICMO_HUBSPOT_TOKEN"):
        refuse(hubspot(base_url="https://example.com"), None)


def test_a_variable_meant_for_documents_goes_where_they_say() -> None:
    refuse(hubspot(token_env="AICMO_SECRET_HUBSPOT", base_url="https://example.com"), None)


def test_what_the_stored_campaign_names_may_stay() -> None:
    kept = hubspot(token_env="OUR_TOKEN", base_url="https://example.com")
    refuse(kept, kept)


def test_what_the_stored_campaign_names_may_not_go_elsewhere() -> None:
    kept = hubspot(token_env="OUR_TOKEN", base_url="https://example.com")
    with pytest.raises(ConfigurationError, match="OUR_TOKEN"):
        refuse(hubspot(token_env="OUR_TOKEN", base_url="https://example.net"), kept)


@pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1", "localhost", "[::1]", "0x7f000001"])
def test_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.base_url: .*private address"):
        refuse(hubspot(base_url=f"https://{host}", token_env="AICMO_SECRET_A"), None)


FILES = [
    "leads.csv",
    "/etc/passwd",
    "//etc/*",
    "//h/../../etc/passwd",
    "file://x/etc/passwd",
    "ftp://x/leads.csv",
]


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("kind", ["csv", "excel", "jsonl", "parquet"])
def test_a_file_of_the_machine_is_refused(kind: str, path: str) -> None:
    config = campaign(sources=[{"type": kind, "path": path}])
    with pytest.raises(ConfigurationError, match=r"sources\[1\]\.path is a file of this machine"):
        refuse(config, campaign())
    refuse(config, config)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "127.0.0.1:8080", "LOCALHOST", "[::1]", "0x7f000001", "10.1"]
)
def test_leads_are_fetched_from_no_private_address(host: str) -> None:
    config = campaign(sources=[{"type": "csv", "path": f"HTTP://{host}/leads.csv"}])
    with pytest.raises(ConfigurationError, match=r"sources\[1\]\.path: .*private address"):
        refuse(config, None)
    refuse(config, config)
    refuse(campaign(sources=[{"type": "csv", "path": "https://example.com/leads.csv"}]), None)


def sending(**sender: object) -> CampaignConfig:
    smtp = {"host": "mx.example.com", "username": "us", "password_env": "OUR_PASSWORD"}
    imap = {"host": "mx.example.com", "password_env": "OUR_PASSWORD"}
    senders = [
        {"mailbox": "us@example.com", "postal_address": "1 Way, Town", "smtp": smtp, "imap": imap, **sender}
    ]
    return campaign(sending={"senders": senders})


@pytest.mark.parametrize("way", ["smtp", "imap"])
@pytest.mark.parametrize(
    "change", [{"security": "none"}, {"ca_file": "/tmp/ours.pem"}, {"host": "example.net"}]
)
def test_a_password_goes_on_no_other_way(way: str, change: dict[str, str]) -> None:
    stored = sending()
    kept = getattr(stored.sending.senders[0], way).model_dump()
    refuse(stored, stored)
    with pytest.raises(ConfigurationError, match=rf"{way}\.password_env: .*OUR_PASSWORD"):
        refuse(sending(**{way: {**kept, **change}}), stored)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "[::1]", "192.168.1.1", "2130706433", "127.1", ""]
)
@pytest.mark.parametrize("way", ["smtp", "imap"])
def test_mail_goes_to_no_private_address(way: str, host: str) -> None:
    config = sending(**{way: {"host": host, "username": "us", "password_env": "AICMO_SECRET_PASSWORD"}})
    with pytest.raises(ConfigurationError, match=rf"{way}\.host: .*private address"):
        refuse(config, sending())
    refuse(config, config)


@pytest.mark.parametrize(
    ("section", "field", "more"),
    [
        ("smtp", "ca_file", {"host": "a.example"}),
        ("imap", "ca_file", {"host": "a.example"}),
        ("dkim", "key_file", {"selector": "a"}),
    ],
)
def test_no_file_is_read_for_a_sender(section: str, field: str, more: dict[str, str]) -> None:
    config = sending(**{section: {**more, field: "/etc/passwd"}})
    with pytest.raises(ConfigurationError, match=rf"{section}\.{field} is a file of this machine"):
        refuse(config, sending())
    refuse(config, config)


def test_a_secret_header_of_an_http_source_is_refused() -> None:
    request = {"url": "https://example.com/leads", "secret_headers": {"X-Key": "AWS_SECRET_ACCESS_KEY"}}
    config = campaign(sources=[{"type": "http", "name": "crm", "request": request, "records": "leads"}])
    with pytest.raises(ConfigurationError, match=r"sources\[1\].*AWS_SECRET_ACCESS_KEY"):
        refuse(config, None)


def test_a_secret_of_the_machine_is_refused_from_anybody() -> None:
    with pytest.raises(ConfigurationError, match=r"crm\.hubspot\.token_env: AICMO_DATABASE_URL"):
        check_ours(hubspot(token_env="AICMO_DATABASE_URL"))
