"""Links and the picture of a mail that report back, and what their addresses say.

Each address carries the send, the link and the target, signed by HMAC-SHA-256: nothing is stored per link, no
address leads anywhere that we have not written to that reader, and links of old mails work for as long as the secret
is kept, whatever a campaign's settings are by then.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from html import unescape

from aicmo_dagster.campaign.sending import Tracking

_MAC_BYTES = 12
_ID_BYTES = 8
_LONGEST = 1_800
"""Characters of a tracked link. Mail programs cut longer addresses off, so a longer link stays as it is."""
_MOST_LINKS = 255

_HREF = re.compile(r'(?<= href=")https://[^"]*')


@dataclass(frozen=True)
class Click:
    """What a tracked link says: the mail, the link's place in it from 0, and where it leads."""

    send_id: int
    link: int
    target: str


def tracked(html: str, *, base_url: str, key: bytes, send_id: int, tracking: Tracking) -> str:
    """The words of a mail with its https links over `base_url`, and with the picture, as `tracking` says.

    `html` is what `markup` writes, without the footer: nobody's unsubscribing is counted as interest.
    """
    base = base_url.rstrip("/")
    if tracking.clicks:
        links: dict[str, int] = {}

        def lead_over(found: re.Match[str]) -> str:
            target = unescape(found[0])
            link = links.setdefault(target, len(links))
            address = f"{base}/c/{click_token(key, Click(send_id, link, target))}"
            return address if link <= _MOST_LINKS and len(address) <= _LONGEST else found[0]

        html = _HREF.sub(lead_over, html)
    if tracking.opens:
        html += (
            f'<img src="{base}/o/{open_token(key, send_id)}" width="1" height="1" alt="" style="border:0">'
        )
    return html


def click_token(key: bytes, click: Click) -> str:
    """The signed address of a link: characters A-Z a-z 0-9 - _ alone."""
    body = click.send_id.to_bytes(_ID_BYTES, "big") + bytes([min(click.link, _MOST_LINKS)])
    return _signed(key, b"click", body + click.target.encode())


def open_token(key: bytes, send_id: int) -> str:
    """The signed address of a mail's picture."""
    return _signed(key, b"open", send_id.to_bytes(_ID_BYTES, "big"))


def read_click(key: bytes, token: str) -> Click | None:
    """What a token of `click_token` says, None for any other text."""
    body = _verified(key, b"click", token)
    if body is None or len(body) <= _ID_BYTES + 1:
        return None
    return Click(
        int.from_bytes(body[:_ID_BYTES], "big"),
        body[_ID_BYTES],
        body[_ID_BYTES + 1 :].decode(errors="replace"),
    )


def read_open(key: bytes, token: str) -> int | None:
    """The send of a token of `open_token`, None for any other text."""
    body = _verified(key, b"open", token)
    return None if body is None or len(body) != _ID_BYTES else int.from_bytes(body, "big")


def _signed(key: bytes, purpose: bytes, body: bytes) -> str:
    return base64.urlsafe_b64encode(_mac(key, purpose, body) + body).rstrip(b"=").decode()


def _verified(key: bytes, purpose: bytes, token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    # Base64 has several spellings of the same bytes; one is ours.
    same = hmac.compare_digest(mac, _mac(key, purpose, body))
    return body if same and _signed(key, purpose, body) == token else None


def _mac(key: bytes, purpose: bytes, body: bytes) -> bytes:
    return hmac.digest(key, purpose + b":" + body, "sha256")[:_MAC_BYTES]
