"""The errors this package raises on purpose, each with a message that says what is wrong and what to do."""


class AicmoError(Exception):
    """Anything that a person can mend; its text is shown to them without a traceback."""


class ConfigurationError(AicmoError):
    """A campaign document, a template or a setting is not acceptable."""


class CampaignNotFoundError(AicmoError):
    """No campaign has the key that was asked for."""


class CampaignNotRunnableError(AicmoError):
    """The campaign exists, but its state (draft, paused, completed, archived) forbids a run."""


class SourceError(AicmoError):
    """A source of leads could not be read at all; the next one in the chain is tried."""


class VendorError(SourceError):
    """A vendor's API gave no usable answer."""


class VendorRefusedError(VendorError):
    """The vendor understood and will not: the key, the account, the credits or the request is wrong.

    Nothing was charged, and trying again changes nothing.
    """


class VendorUnavailableError(VendorError):
    """The vendor could not be reached or was too busy, also when tried again. Nothing was charged."""


class VendorUncertainError(VendorError):
    """A request that costs something left, and no answer says whether it was carried out."""


class BudgetError(VendorError):
    """The request could cost more than the campaign's budget leaves; it was not made."""


class NoSourceError(AicmoError):
    """No source of the campaign is configured, or every one of them failed."""


class DeliveryError(AicmoError):
    """A delivery to the inbox bears the key of an earlier one that brought other leads."""


class LeadNotFoundError(AicmoError):
    """No lead, review or send matches what was asked for."""


class StoreError(AicmoError):
    """The database cannot be reached, is too old, or is not migrated."""


class MailError(AicmoError):
    """A mail cannot be composed or handed over, and the reason is ours rather than the recipient's."""


class KeyNotFoundError(AicmoError):
    """No API key has the number that was asked for."""


class RunNotFoundError(AicmoError):
    """No run has the name that was asked for."""


class ConflictError(AicmoError):
    """What was asked for does not go together with what is there already."""


class RunInTheWayError(ConflictError):
    """Another run of the campaign is not finished; `run` is its name."""

    def __init__(self, message: str, run: str) -> None:
        super().__init__(message)
        self.run = run


class ScheduleNotFoundError(AicmoError):
    """No schedule was made for that job of the campaign."""


class StaleVersionError(AicmoError):
    """Somebody else changed it since the version that the change was made on."""


class WebhookNotFoundError(AicmoError):
    """No webhook, and no delivery to one, has the number that was asked for."""


class NoAnswerError(AicmoError):
    """A receiver that somebody named could not be reached, or may not be."""
