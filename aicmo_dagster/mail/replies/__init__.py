"""What a person answered: the new words, what they are about, and whether a person wrote them at all."""

from aicmo_dagster.mail.replies.automatic import AutoReply, auto_reply
from aicmo_dagster.mail.replies.category import Category, categorise
from aicmo_dagster.mail.replies.text import new_text

RULES_VERSION = 2
"""Of all rules here; a change of them that changes an answer raises it."""

__all__ = ["RULES_VERSION", "AutoReply", "Category", "auto_reply", "categorise", "new_text"]
