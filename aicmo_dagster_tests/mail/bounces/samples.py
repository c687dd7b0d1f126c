"""Bounces as the common servers write them, invented throughout: what we send comes from sales@example.net."""

from dataclasses import dataclass

from aicmo_dagster.mail.bounces import Kind

MESSAGE_ID = "<k7f3a.21@example.net>"

RETURNED = f"""Return-Path: <sales@example.net>
Received: from out.example.net (out.example.net [192.0.2.7])
\tby mx.example.org with ESMTPS id 4f2a; Mon, 5 Jan 2026 09:00:00 +0000 (UTC)
Message-ID: {MESSAGE_ID}
Date: Mon, 05 Jan 2026 09:00:00 +0000
From: Sam Sales <sales@example.net>
To: Lee Lead <lead@example.com>
Subject: A question about your stock
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello Lee, write to me or to boss@example.net.
"""


@dataclass(frozen=True)
class Sample:
    """A bounce and what it says: the failed recipients and whose fault it was."""

    name: str
    content: bytes
    failures: tuple[tuple[str, Kind], ...]


def plain(sender: str, subject: str, body: str, extra: str = "", charset: str = "utf-8") -> bytes:
    """A message of text alone."""
    head = f"From: {sender}\nTo: sales@example.net\nSubject: {subject}\n{extra}MIME-Version: 1.0\n"
    kind = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode() + kind.encode() + body.encode(charset)


def with_mail(sender: str, subject: str, body: str, kind: str = "mixed", charset: str = "utf-8") -> bytes:
    """A message of text with our mail attached."""
    return parts(
        sender,
        subject,
        kind,
        (f"text/plain; charset={charset}", body.encode(charset)),
        ("message/rfc822", RETURNED.encode()),
    )


def report(
    status: str, body: str = "This mail could not be delivered.", sender: str = "MAILER-DAEMON@example.org"
) -> bytes:
    """A delivery status notification as RFC 3464 has it; `status`: the fields of the recipients."""
    return parts(
        sender,
        "Undelivered Mail Returned to Sender",
        "report; report-type=delivery-status",
        ("text/plain; charset=utf-8", body.encode()),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.example.org\n\n{status}\n".encode()),
        ("message/rfc822", RETURNED.encode()),
    )


def parts(sender: str, subject: str, kind: str, *pieces: tuple[str, bytes]) -> bytes:
    """A multipart message of (content type, body)."""
    head = (
        f"Return-Path: <>\nFrom: {sender}\nTo: sales@example.net\nSubject: {subject}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/{kind}; boundary="=_b1"\n\nThis is a MIME message.\n'
    )
    body = b"".join(f"\n--=_b1\nContent-Type: {what}\n\n".encode() + piece for what, piece in pieces)
    return head.encode() + body + b"\n--=_b1--\n"


def _one(name: str, kind: Kind, content: bytes, recipient: str = "lead@example.com") -> Sample:
    return Sample(name, content, ((recipient, kind),))


DAEMON = "MAILER-DAEMON@mx.example.org (Mail Delivery System)"

SAMPLES = [
    _one(
        "postfix",
        "hard",
        report(
            "Final-Recipient: rfc822; lead@example.com\nOriginal-Recipient: rfc822;lead@example.com\nAction: failed\n"
            "Status: 5.1.1\nRemote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 550 5.1.1 <lead@example.com>:\n"
            "    Recipient address rejected: User unknown in virtual mailbox table",
            "This is the mail system at host mx.example.org.\n\nI'm sorry to have to inform you that your message "
            "could not\nbe delivered to one or more recipients. It's attached below.\n\nFor further assistance, "
            "please send mail to postmaster.\n\n<lead@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n"
            "    <lead@example.com>: Recipient address rejected: User unknown in virtual\n    mailbox table (in "
            "reply "
            "to RCPT TO command)\n",
        ),
    ),
    _one(
        "postfix, expired",
        "soft",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 4.4.1\nDiagnostic-Code: "
            "X-Postfix; connect"
            " to mx.example.com[192.0.2.1]:25: Connection timed out"
        ),
    ),
    _one(
        "postfix, still trying",
        "transient",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: delayed\nStatus: 4.2.2\nDiagnostic-Code: smtp; "
            "452 4.2.2 "
            "mailbox full\nWill-Retry-Until: Sat, 10 Jan 2026 09:00:00 +0000 (UTC)"
        ),
    ),
    _one(
        "sendmail without a status part",
        "hard",
        plain(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>",
            "Returned mail: see transcript for details",
            "The original message was received at Mon, 5 Jan 2026 09:00:00 GMT\nfrom out.example.net [192.0.2.7]\n\n"
            "   ----- The following addresses had permanent fatal errors -----\n<lead@example.com>\n"
            "    (reason: 550 5.1.1 <lead@example.com>... User unknown)\n\n   ----- Transcript of session follows "
            "-----\n"
            "... while talking to mx.example.com.:\n>>> DATA\n<<< 550 5.1.1 <lead@example.com>... User unknown\n"
            "550 5.1.1 <lead@example.com>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n\n"
            "   ----- Original message follows -----\n\n" + RETURNED,
        ),
    ),
    _one(
        "qmail",
        "hard",
        plain(
            "MAILER-DAEMON@mx.example.org",
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your "
            "message to "
            "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<lead@example.com>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 sorry, no mailbox "
            "here by "
            "that name (#5.1.1)\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n"
            + RETURNED,
        ),
    ),
    Sample(
        "qmail, two recipients",
        plain(
            "MAILER-DAEMON@mx.example.org",
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your "
            "message to "
            "the following addresses.\n\n<one@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
            "<two@example.com>:\nUser's mailbox is over quota. (#5.2.2)\n\n--- Below this line is a copy of the "
            "message.\n\n" + RETURNED,
        ),
        (("one@example.com", "hard"), ("two@example.com", "soft")),
    ),
    _one(
        "exim",
        "hard",
        plain(
            "Mail Delivery System <Mailer-Daemon@mx.example.org>",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n\nA message that you sent could "
            "not be "
            "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) "
            "failed:\n\n"
            "  lead@example.com\n    host mx.example.com [192.0.2.1]\n    SMTP error from remote mail server "
            "after RCPT "
            "TO:<lead@example.com>:\n    550 5.1.1 <lead@example.com>: Recipient address rejected: User unknown\n\n"
            "------ This is a copy of the message, including all the headers. ------\n\n" + RETURNED,
            "X-Failed-Recipients: lead@example.com\nAuto-Submitted: auto-replied\n",
        ),
    ),
    _one(
        "exim, only in the text, unrouteable",
        "hard",
        plain(
            "Mail Delivery System <Mailer-Daemon@mx.example.org>",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n\nA message that you sent could "
            "not be "
            "delivered to one or more of its\nrecipients. The following address(es) failed:\n\n"
            "  lead@example.com\n    Unrouteable address\n\n------ This is a copy of the message, including all the "
            "headers. ------\n\n" + RETURNED,
        ),
    ),
    _one(
        "exim, still trying",
        "transient",
        plain(
            "Mail Delivery System <Mailer-Daemon@mx.example.org>",
            "Warning: message 1vK2ab-0003 delayed 24 hours",
            "This message was created automatically by mail delivery software.\nA message that you sent has not "
            "yet been "
            "delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.org.\n\n"
            "The address to which the message has not yet been delivered is:\n\n  lead@example.com\n    Delay "
            "reason: "
            "Connection refused\n\nNo action is required on your part. Delivery attempts will continue for\nsome "
            "time, "
            "and this warning may be repeated at intervals if the message\nremains undelivered.\n",
        ),
    ),
    _one(
        "Exchange 2003",
        "hard",
        with_mail(
            "System Administrator <postmaster@example.org>",
            "Undeliverable: A question about your stock",
            "Your message\n\n  To:      lead@example.com\n  Subject: A question about your stock\n  Sent:    Mon, "
            "5 Jan "
            "2026 09:00:00 -0000\n\ndid not reach the following recipient(s):\n\nlead@example.com on Mon, 5 Jan 2026 "
            "09:00:01 -0000\n    The e-mail account does not exist at the organization this message was\nsent to. "
            " Check "
            "the e-mail address.\n    <mx.example.org #5.1.1>\n",
        ),
    ),
    _one(
        "Exchange Online, unknown at the edge",
        "hard",
        report(
            "Final-Recipient: rfc822;lead@example.com\nAction: failed\nStatus: 5.4.1\nDiagnostic-Code: smtp;550 "
            "5.4.1 "
            "Recipient address rejected: Access denied. AS(201806281)\n [mx.example.org 2026-01-05T09:00:00.000Z]",
            "Delivery has failed to these recipients or groups:\n\nlead@example.com "
            "(lead@example.com)<mailto:lead@example"
            ".com>\nYour message couldn't be delivered. The message you sent was rejected.\n",
            "Microsoft Outlook <MicrosoftExchange329e71ec@example.org>",
        ),
    ),
    _one(
        "Exchange Online, bulk rules",
        "sender",
        report(
            "Final-Recipient: rfc822;lead@example.com\nAction: failed\nStatus: 5.7.515\nDiagnostic-Code: smtp;550 "
            "5.7.515 "
            "Access denied, sending domain EXAMPLE.NET doesn't meet the required\n authentication level."
        ),
    ),
    _one(
        "Exchange in German, no status part",
        "hard",
        with_mail(
            "Systemadministrator <postmaster@example.de>",
            "Unzustellbar: A question about your stock",
            "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder "
            "Verteilerlisten:\n\nlead@example.com\nDie von "
            "Ihnen eingegebene E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse.\n\n"
            "Diagnoseinformationen für Administratoren:\n\nlead@example.com\n#550 5.1.1 "
            "RESOLVER.ADR.RecipNotFound; not "
            "found ##\n",
        ),
    ),
    _one(
        "Gmail",
        "hard",
        parts(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
            "report; report-type=delivery-status",
            (
                "text/html; charset=utf-8",
                b"<html><body><h2>Address not found</h2><p>Your message wasn't delivered to <a href='mailto:lead@"
                b"example.com'><b>lead@example.com</b></a> because the address couldn't be found, or is unable to "
                b"receive mail.</p></body></html>",
            ),
            (
                "message/delivery-status",
                b"Reporting-MTA: dns; googlemail.com\n\nFinal-Recipient: rfc822; lead@example.com\nAction: failed\n"
                b"Status: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not "
                b"exist. Please try\n 550-5.1.1 double-checking the recipient's email address for typos or\n 550 "
                b"5.1.1 "
                b"unnecessary spaces. https://support.google.com/mail/?p=NoSuchUser a1-2 - gsmtp\n",
            ),
            ("message/rfc822", RETURNED.encode()),
        ),
    ),
    _one(
        "Gmail, full",
        "soft",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 4.2.2\nDiagnostic-Code: smtp; "
            "452-4.2.2 The "
            "recipient's inbox is out of storage space and inactive. Please\n direct the recipient to "
            "https://support.google.com/mail/?p=OverQuotaTemp"
        ),
    ),
    _one(
        "Gmail, unauthenticated",
        "sender",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; "
            "550-5.7.26 "
            "Your email has been blocked because the sender is unauthenticated.\n 550-5.7.26 Gmail requires all "
            "senders "
            "to authenticate with either SPF or DKIM."
        ),
    ),
    _one(
        "Gmail of old, in the text",
        "hard",
        plain(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
            "Delivery to the following recipient failed permanently:\n\n     lead@example.com\n\nTechnical "
            "details of "
            "permanent failure: \nDNS Error: Domain name not found\n\n----- Original message -----\n\n"
            + RETURNED,
        ),
    ),
    Sample(
        "Yahoo",
        plain(
            "MAILER-DAEMON@yahoo.example",
            "Failure Notice",
            "Sorry, we were unable to deliver your message to the following address.\n\n<one@example.com>:\n554: "
            "delivery "
            "error: dd This user doesn't have a yahoo.example account (one@example.com) [0] - mta1.example.com\n\n"
            "<two@example.com>:\n554: 5.7.9: Message not accepted for policy reasons.  See "
            "https://example.com/errors\n\n"
            "---------- Forwarded message ----------\n\n" + RETURNED,
        ),
        (("one@example.com", "hard"), ("two@example.com", "content")),
    ),
    _one(
        "Domino",
        "hard",
        with_mail(
            "Postmaster@example.org",
            "DELIVERY FAILURE: User lead (lead@example.com) not listed in Domino Directory",
            "Your message\n\n  Subject: A question about your stock\n\nwas not delivered to:\n\n  "
            "lead@example.com\n\n"
            "because:\n\n  User lead (lead@example.com) not listed in Domino Directory\n",
        ),
    ),
    _one(
        "GroupWise",
        "hard",
        with_mail(
            "Mailer-Daemon@example.org",
            "Message status - undeliverable",
            "The message that you sent was undeliverable to the following:\n\tlead@example.com (550 Unknown user "
            "lead@example.com)\n",
        ),
    ),
    _one(
        "Mimecast",
        "sender",
        plain(
            "Mail Delivery System <mailer-daemon@example.org>",
            "[Postmaster] Email Delivery Failure",
            "This is a delivery failure notification message indicating that\nan email you addressed to email "
            "address :\n"
            "-- lead@example.com\n\nWith subject A question about your stock sent on the Mon, 5 Jan 2026 09:00:00 "
            "+0000\n"
            "could not be delivered. The problem appears to be :\n-- Recipient email server rejected the message\n\n"
            "Additional information follows :\n-- 5.7.1 Sender IP address is listed in a blocklist\n\nThis condition "
            "occurred after 1 attempt(s) to deliver over\na period of 0 hour(s).\n",
        ),
    ),
    _one(
        "Postini",
        "hard",
        plain(
            "Mail Delivery System <MAILER-DAEMON@example.org>",
            "Undeliverable mail: recipient unknown",
            "Failed to deliver to 'lead@example.com'\nSMTP module(domain example.com) reports:\n recipient "
            "<lead@example.com>"
            " rejected: 550 No such user - psmtp\n",
        ),
    ),
    _one(
        "IMail SMTP32",
        "hard",
        plain(
            '"Postmaster" <postmaster@example.org>',
            "Undeliverable Mail",
            "Unknown user: lead@example.com\n\nRCPT TO generated following response:\n550 no such "
            "user\n\nOriginal message "
            "follows.\n\n" + RETURNED,
            "X-Mailer: <SMTP32 v8.15>\n",
        ),
    ),
    _one(
        "CommuniGate",
        "soft",
        with_mail(
            "MAILER-DAEMON@example.org",
            "Undeliverable mail: A question about your stock",
            "Failed to deliver to 'lead@example.com'\nLOCAL module(account lead) reports:\n account is full "
            "(quota exceeded)\n",
            "report; report-type=delivery-status",
        ),
    ),
    _one(
        "MDaemon",
        "hard",
        with_mail(
            "MDaemon at example.org <MDaemon@example.org>",
            "Permanent Delivery Failure",
            "The attached message had PERMANENT fatal delivery errors!\n\nYOUR MESSAGE WAS NOT DELIVERED!\n\nThe "
            "following "
            "addresses did NOT receive a copy of your message:\n\n> lead@example.com\n\n--- Session Transcript "
            "---\n Sending "
            "RCPT To:<lead@example.com>\n 550 5.1.1 User unknown\n--- End Transcript ---\n",
        ),
    ),
    _one(
        "OpenSMTPD",
        "hard",
        with_mail(
            "Mailer Daemon <MAILER-DAEMON@example.org>",
            "Delivery status notification: error",
            "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has "
            "occurred while "
            "attempting to deliver a message for\n    the following list of recipients:\n\nlead@example.com: 550 "
            "5.1.1 "
            "<lead@example.com>: Recipient does not exist\n\n    Below is a copy of the original message:\n",
        ),
    ),
    _one(
        "Courier, relaying",
        "sender",
        with_mail(
            "postmaster@example.org",
            "NOTICE: mail delivery status.",
            "This is a delivery status notification from mx.example.org.\n\n                     UNDELIVERABLE "
            "MAIL\n\nYour "
            "message to the following recipients cannot be delivered:\n\n<lead@example.com>:\n    mx.example.com "
            "[192.0.2.1]:\n"
            ">>> RCPT TO:<lead@example.com>\n<<< 554 5.7.1 <lead@example.com>: Relay access denied\n",
        ),
    ),
    _one(
        "hMailServer",
        "hard",
        plain(
            "mailer-daemon@example.org",
            "Message undeliverable: A question about your stock",
            "Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 5 Jan 2026 "
            "09:00:00 +0000\n"
            "   Subject: A question about your stock\n\nThe following recipient(s) could not be "
            "reached:\n\nlead@example.com\n"
            "   Error Type: SMTP\n   Remote server (192.0.2.1) issued an error.\n   hMailServer sent: RCPT "
            "TO:<lead@example.com>\n"
            "   Remote server replied: 550 Unknown user\n",
        ),
    ),
    _one(
        "Amazon SES",
        "hard",
        report(
            "Action: failed\nFinal-Recipient: rfc822; lead@example.com\nDiagnostic-Code: smtp; 550 5.1.1 Mailbox "
            "does not "
            "exist\nStatus: 5.1.1",
            "An error occurred while trying to deliver the mail to the following recipients:\nlead@example.com\n",
            "MAILER-DAEMON@eu-west-1.amazonses.example",
        ),
    ),
    _one(
        "Apple",
        "soft",
        report(
            "Original-recipient: rfc822;lead@example.com\nFinal-recipient: rfc822;lead@example.com\nAction: failed\n"
            "Status: 5.2.2 (user is over quota)\nDiagnostic-code: smtp;552 5.2.2 <lead@example.com>: user is over "
            "quota",
        ),
    ),
    _one(
        "Mail.ru",
        "hard",
        plain(
            "mailer-daemon@mail.example",
            "Ваше сообщение не доставлено. Mail failure.",
            "Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не "
            "может быть "
            "доставлено одному или нескольким получателям, потому что:\n\n  lead@example.com\n    пользователь не "
            "найден\n\n"
            "------ This is a copy of your message, including all the headers. ------\n\n" + RETURNED,
        ),
    ),
    _one(
        "QQ",
        "hard",
        with_mail(
            "PostMaster <PostMaster@qq.example>",
            "系统退信",
            "抱歉，您的邮件被退回来了……\n原邮件信息：\n发件人：sales@example.net\n收件人：lead@example.com\n退信原因：收件人邮箱地址不存在，请检查后重试。\n"
            "host mx.example.com said: 550 Mailbox not found\n",
            charset="gb18030",
        ),
    ),
    _one(
        "163.com, full",
        "soft",
        with_mail(
            "Postmaster <Postmaster@163.example>",
            "系统退信/Systems bounce",
            "抱歉，您的邮件无法送达。\n\n收件人 lead@example.com 的邮箱已满，请稍后再试。\n",
            charset="gb18030",
        ),
    ),
    _one(
        "Japanese",
        "hard",
        with_mail(
            "Mail Delivery Subsystem <MAILER-DAEMON@example.jp>",
            "メール配信エラー",
            "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n  lead@example.com\n\n"
            "送信先メールアドレスが見つかりませんでした。\n",
            charset="iso-2022-jp",
        ),
    ),
    _one(
        "1&1 in German",
        "soft",
        plain(
            "Mail Delivery System <mailer-daemon@example.de>",
            "Mail delivery failed: returning message to sender",
            "Diese Nachricht wurde automatisch erstellt.\n\nIhre E-Mail konnte nicht zugestellt werden an:\n\n"
            "lead@example.com:\nDas Postfach des Empfängers ist voll.\n\n--- The header of the original message "
            "is following. "
            "---\n\n" + RETURNED,
        ),
    ),
    _one(
        "French",
        "hard",
        with_mail(
            "Administrateur système <postmaster@example.fr>",
            "Non remis : A question about your stock",
            "Votre message n'a pas pu être remis aux destinataires suivants :\n\n  lead@example.com\n\nL'adresse "
            "de messagerie "
            "n'existe pas. Pour toute question, contactez support@example.fr.\n",
        ),
    ),
    _one(
        "Spanish",
        "soft",
        with_mail(
            "Sistema de correo <postmaster@example.es>",
            "Mensaje no entregado",
            "Su mensaje no se ha podido entregar al siguiente destinatario:\n\nlead@example.com: el buzón está "
            "lleno\n",
        ),
    ),
    _one(
        "Italian",
        "hard",
        with_mail(
            "Postmaster <postmaster@example.it>",
            "Mancato recapito",
            "Il messaggio non è stato recapitato al destinatario lead@example.com:\nutente sconosciuto\n",
        ),
    ),
    _one(
        "Portuguese",
        "hard",
        with_mail(
            "Postmaster <postmaster@example.pt>",
            "Falha na entrega da mensagem",
            "A sua mensagem não foi entregue ao seguinte destinatário:\n\n<lead@example.com>: usuário desconhecido\n",
        ),
    ),
    _one(
        "Dutch",
        "hard",
        with_mail(
            "Postmaster <postmaster@example.nl>",
            "Onbestelbaar: A question about your stock",
            "Uw bericht kon niet worden bezorgd bij de volgende ontvanger:\n\nlead@example.com - onbekende "
            "gebruiker\n",
        ),
    ),
    _one(
        "Polish",
        "hard",
        with_mail(
            "Postmaster <postmaster@example.pl>",
            "Wiadomość nie została dostarczona",
            "Twoja wiadomość nie mogła zostać dostarczona do: lead@example.com\nUżytkownik nie istnieje.\n",
        ),
    ),
    _one(
        "no address but the mail of ours in it",
        "hard",
        with_mail(
            "Mail System <postmaster@example.org>",
            "Undeliverable",
            "Your message could not be delivered: the recipient does not exist.\n",
        ),
    ),
    _one(
        "a report packed into a mail",
        "hard",
        parts(
            "postmaster@example.org",
            "Delivery Status Notification (Failure)",
            "mixed",
            (
                "message/rfc822",
                report("Final-Recipient: rfc822;lead@example.com\nAction: failed\nStatus: 5.1.1").replace(
                    b"=_b1", b"=_b2"
                ),
            ),
        ),
    ),
    _one(
        "the status as lines of the text",
        "hard",
        plain(
            DAEMON,
            "Undelivered mail",
            "Your mail could not be delivered.\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; "
            "lead@example.com\n"
            "Action: failed\nStatus: 5.1.1\n\n" + RETURNED,
        ),
    ),
    _one(
        "a list's complaint of spam",
        "content",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 "
            "5.7.1 Message "
            "rejected as spam by Content Filtering."
        ),
    ),
    _one(
        "too large",
        "content",
        report(
            "Final-Recipient: rfc822; lead@example.com\nAction: failed\nStatus: 5.3.4\nDiagnostic-Code: smtp; 552 "
            "5.3.4 Message size "
            "exceeds fixed limit"
        ),
    ),
]
