"""Headers by which a provider's events name the mail they are about; for servers of providers that want them.

Neither header reaches the recipient. Mailgun, and Amazon SES with its original headers, name the Message-ID anyway.
"""

MARK = "aicmo_mail"
"""What our Message-ID is called in the events."""
_LONGEST_METADATA = 80


def headers(host: str | None, message_id: str) -> str:
    """Header lines with CRLF for a mail that is handed to `host`, none for a server that needs none.

    SendGrid: unique arguments, which come back with every event (X-SMTPAPI). Postmark: metadata, and the wish that
    our Message-ID is kept, by which replies find their mail.
    """
    name = (host or "").lower().rstrip(".")
    bare = message_id.strip("<>")
    if name.endswith(".sendgrid.net"):
        return f'X-SMTPAPI: {{"unique_args":\r\n {{"{MARK}": "{bare}"}}}}\r\n'
    if name.endswith(".postmarkapp.com"):
        metadata = f"X-PM-Metadata-{MARK}: {bare}\r\n" if len(bare) <= _LONGEST_METADATA else ""
        return f"X-PM-KeepID: true\r\n{metadata}"
    return ""
