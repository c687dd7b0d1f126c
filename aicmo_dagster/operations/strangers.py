"""What a campaign document that came over the network may not make this machine do.

Who may write documents need not be who may read the machine's secrets. A secret's environment variable, together with
where it goes to, is therefore taken from such a document only where

1. its name begins with `AICMO_SECRET_`, which says that it is for whatever a document asks; or
2. it is the vendor's own default name, and goes to the vendor's own address; or
3. the stored campaign has the same name with the same destination.

Nor may such a document name a file of this machine, or a private address in letters of its own, except one that the
stored campaign has. What a name leads to is not looked up: it may be answered otherwise when it is used.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from aicmo_dagster import guarded_http
from aicmo_dagster.campaign.config import FILE_SOURCES, CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.sources.files import is_url

FOR_DOCUMENTS = "AICMO_SECRET_"
_DESTINATION = ("url", "base_url", "host", "port", "username", "security", "ca_file")
"""Where something goes to, and how it is kept from others on its way."""
_URLS = ("url", "base_url")
_FILES = ("ca_file", "key_file")
_AT_THE_MACHINE = "or apply the document at the machine itself (aicmo campaigns apply)"


OURS = frozenset(
    {"AICMO_DATABASE_URL", "AICMO_MAILGUN_WEBHOOK_KEY", "AICMO_POSTMARK_WEBHOOK_LOGIN"}
    | {"AICMO_RESEND_WEBHOOK_SECRET", "AICMO_SENDGRID_WEBHOOK_KEY"}
)
"""Secrets of this machine, which no document has sent anywhere."""


def check_ours(config: CampaignConfig) -> None:
    """Raise ConfigurationError where the campaign would send a secret of this machine, whoever wrote it."""
    for place, _, _, name in _named(config):
        if name in OURS:
            raise ConfigurationError(
                f"{place}: {name} is a secret of this machine and never sent; give the secret that is meant here an "
                "environment variable of its own"
            )


def refuse(config: CampaignConfig, present: CampaignConfig | None) -> None:
    """Raise ConfigurationError, a line per problem, for secrets, files and addresses the document may not name."""
    known = set(_secrets(present)) if present else set()
    addresses = {value for _, value in _addresses(present)} if present else set()
    files = {value for _, value, _ in _files(present)} if present else set()
    problems = [
        f"the campaign: {place}: a document over the network may not have the environment variable {name} sent "
        f"there; name one that begins with {FOR_DOCUMENTS}, {_AT_THE_MACHINE}"
        for place, section, field, name in _named(config)
        if not name.startswith(FOR_DOCUMENTS)
        and (type(section), field, name, _destination(section)) not in known
        and not _is_the_vendors(section, field, name)
    ]
    problems += [
        f"the campaign: {place}: a document over the network may not name a private address; name a public one "
        f"(with letters beyond a-z as xn--…), {_AT_THE_MACHINE}"
        for place, value in _addresses(config)
        if value not in addresses and _is_private(value)
    ]
    problems += [
        f"the campaign: {place} is a file of this machine, which a document over the network may not name; "
        f"{'send the leads to the import of a campaign with {type: manual}' if is_source else 'leave it out'}, "
        + _AT_THE_MACHINE
        for place, value, is_source in _files(config)
        if value not in files
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))


def _secrets(config: CampaignConfig) -> Iterator[tuple[Any, ...]]:
    for _, section, field, name in _named(config):
        yield type(section), field, name, _destination(section)


def _named(config: CampaignConfig) -> Iterator[tuple[str, BaseModel, str, str]]:
    """Every environment variable: where it stands, its section, its field, its name."""
    for place, section in _sections(config, ""):
        for field in type(section).model_fields:
            if not field.endswith("_env") and field != "secret_headers":
                continue
            value = getattr(section, field)
            for name in value.values() if isinstance(value, Mapping) else [value]:
                if isinstance(name, str):
                    yield place + field, section, field, name


def _addresses(config: CampaignConfig) -> Iterator[tuple[str, str]]:
    """Every URL and every host: where it stands and what it says."""
    for place, section in _sections(config, ""):
        fields = (*_URLS, "host", "path") if isinstance(section, FILE_SOURCES) else (*_URLS, "host")
        for field in fields:
            value = getattr(section, field, None)
            if isinstance(value, str) and (field != "path" or is_url(value)):
                yield place + field, value


def _files(config: CampaignConfig) -> Iterator[tuple[str, str, bool]]:
    """Every file: where it stands, what it is called, and whether leads come from it."""
    for place, section in _sections(config, ""):
        if isinstance(section, FILE_SOURCES) and not is_url(section.path):
            yield place + "path", section.path, True
        for field in _FILES:
            if isinstance(value := getattr(section, field, None), str):
                yield place + field, value, False


def _sections(value: object, place: str) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield (place + "." if place else ""), value
        for field in type(value).model_fields:
            yield from _sections(getattr(value, field), f"{place}.{field}" if place else field)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _sections(one, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value, 1):
            yield from _sections(one, f"{place}[{number}]")


def _destination(section: BaseModel) -> tuple[Any, ...]:
    """The server that a section speaks to; which of its pages makes no difference."""
    values = [getattr(section, field, None) for field in _DESTINATION]
    return tuple(
        urlsplit(value)[:2] if field in _URLS and isinstance(value, str) else value
        for field, value in zip(_DESTINATION, values, strict=True)
    )


def _is_the_vendors(section: BaseModel, field: str, name: str) -> bool:
    """Whether it is the default name, going nowhere but to the default address."""
    fields = type(section).model_fields
    if name != fields[field].default:
        return False
    if "host" in fields:  # SMTP and IMAP: each document says where; the password leaves only with a login
        return "connections" in fields and getattr(section, "username", None) is None
    return all(getattr(section, one) == fields[one].default for one in _URLS if one in fields)


def _is_private(where: str) -> bool:
    """Whether a URL's host, or the host that it is, is an address that is not public."""
    try:
        host = (urlsplit(where).hostname or "") if is_url(where) else where.strip("[]")
        address = guarded_http.literal(host)
    except (ValueError, ConfigurationError):
        return True
    return address is not None and guarded_http.special(address)
