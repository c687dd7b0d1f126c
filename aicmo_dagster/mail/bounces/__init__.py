"""Mails that came back: which recipients failed and whose fault it was, and complaints.

1. `parts` takes the message apart, whatever its bytes; `returned` parts the notice from the mail that came back.
2. `status` reads the machine-readable part (RFC 3464); it decides where it names a recipient.
3. Without one, `notifier` judges whether a mail system speaks at all, `notice` finds the recipients in its prose;
   where it finds none, the library flufl.bounce is asked, and at last the returned mail's only recipient counts.
4. `classes` says from status and words who is to blame, `dialogue` from the SMTP command that was refused.
5. `complaint` reads abuse reports (RFC 5965).
"""

from aicmo_dagster.mail.bounces.complaint import read_complaint
from aicmo_dagster.mail.bounces.reading import RULES_VERSION, read
from aicmo_dagster.mail.bounces.report import Complaint, Failure, Kind, Report

__all__ = ["RULES_VERSION", "Complaint", "Failure", "Kind", "Report", "read", "read_complaint"]
