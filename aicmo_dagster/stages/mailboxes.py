"""Mailboxes that no person owns, told by the local part of the address. By whole words, never by substring:
`abbott@` and `jane@abbott.com` are persons, though they contain "bot".
"""

_ROLES = """
    abuse accounting accounts admin administration administrator booking bookings billing business careers
    care club compliance contact contact.us customer.care customers customer.service customer.support desk
    editor editorial enquiries enquiry events everyone feedback finance front.desk general hello help
    helpdesk hey hi hostmaster hr info information inquiries inquiry investors invoice invoices invoicing it
    jobs kontakt legal list mail mailbox marketing media membership news newsletter office offices
    operations ops order orders partner partners partnerships payments payroll postmaster pr press privacy
    procurement publicity purchasing reception recruiting recruitment reservations root sales secretary
    security service services shop spam staff store subscribe success support sysadmin team tech techsupport
    training unsubscribe usenet webmaster welcome
    accueil achats bonjour commercial compta comptabilite direction facturation recrutement rh secretariat
    serviceclient ventes
    anfrage bestellung bewerbung buchhaltung einkauf empfang karriere kundenservice personal presse rechnung
    redaktion sekretariat verkauf vertrieb verwaltung zentrale
    administracion atencion clientes comercial compras contacto facturacion hola prensa recepcion rrhh ventas
    acquisti amministrazione commerciale contatti ordini segreteria ufficio vendite
    atendimento contato financeiro vendas
    administratie boekhouding inkoop klantenservice receptie verkoop
"""

_MACHINES = """
    auto.reply auto.responder bounce bounces daemon do.not.reply mailer.daemon mdaemon ne.pas.repondre
    no.reply no.responder notification notifications unattended
"""

# As a whole local part only: a person may be called Jan Bot.
_MACHINES_ALONE = "alert alerts automailer automated bot cron listserv majordomo nobody robot server system"


def _either(words: str) -> str:
    # A dot stands for any separator or none.
    return "|".join(word.replace(".", "[._-]?") for word in words.split())


ROLE_ACCOUNT = rf"^(?i:{_either(_ROLES)})(?:[._+-][^@]*)?@"
"""Regular expression: the role is the whole local part or stands before `.`, `_`, `-` or `+`."""

AUTOMATED_SENDER = (
    rf"^(?i:(?:[^@]*[._+=-])?(?:{_either(_MACHINES)})[0-9]*(?:[._+=-][^@]*)?"
    rf"|(?:{_either(_MACHINES_ALONE)})[0-9]*)@"
)
"""Regular expression: a machine's name stands anywhere in the local part as a whole word."""

IMPERSONAL = rf"(?:{ROLE_ACCOUNT})|(?:{AUTOMATED_SENDER})"
"""Regular expression: either. Over many addresses it costs little more than one of the two."""
