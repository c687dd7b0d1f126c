"""What a reply is about, by phrases in seven languages; whatever is not clear is left to a person."""

import re
from dataclasses import dataclass
from typing import Literal

Name = Literal["interested", "not_now", "not_interested", "question", "referral", "unsubscribe", "other"]

_PHRASES: dict[Name, str] = {
    "unsubscribe": r"""
        (?:hör\w*|hören sie) (?:bitte )?(?:endlich )?(?:auf|damit auf)\b.{0,20}(?:schreib|mail|kontakt|schick)|
        (?:stop|stoppe[nr]?|arrête[rz]?|cesse[rz]?|dej(?:a|ad|e|en) de|par(?:a|ad|e|en|em) de|
        deix(?:a|e|em) de|smett\w+ di)
        .{0,20}(?:e-?mail|mail|schr|écri|envo|contact|escrib|env[ií]a|mand|contat|scriv|invi)|
        (?:nehmen|streichen|entfernen) sie (?:mich|uns|meine)|
        (?:supprim|effac|elim[ií]n|b[oó]rr|remov|cancell|verwijder|remove|delete|erase)\w* .{0,20}
        (?:address|adress|direcci|indirizzo|endereço|adres\b|my data|mes données|mis datos|miei dati|
        meus dados|gegevens)|
        unsubscribe|opt[- ]?out|
        (?:take|remove) (?:me|us|my (?:e-?mail )?address|this address) (?:off|from|out)|remove me|
        stop (?:e-?mailing|mailing|contacting|writing|sending|spamming)|
        (?:do not|don['’]t|never) (?:e-?mail|contact|write(?: to)?|mail) (?:me|us)|^\s*stop\W*$|
        no (?:more|further) (?:e-?mails|mails|messages)|delete my (?:data|details|address)|cease and desist|
        leave me alone|abmelden|austragen|abbestellen|
        (?:keine|nicht mehr) (?:weiteren )?(?:e-?mails?|mails?|nachrichten|werbung)|
        nicht mehr (?:anschreiben|kontaktieren|schreiben)|aus (?:dem|ihrem|eurem) verteiler|
        meine (?:daten|adresse) (?:zu )?löschen|löschen sie (?:meine|bitte)|streichen sie|désabonne|
        désinscri|désinscription|ne (?:plus )?(?:me|nous) (?:plus )?(?:contacte|écri|envoye|sollicite)\w*|
        retire[rz]?[- ](?:moi|nous|mon adresse)|plus (?:recevoir|de mails|d['’]e-?mails)|
        supprime[rz] mes données|darme de baja|d[eé](?:n)?me de baja|baja de (?:la|su) lista|
        no (?:me )?(?:env[ií]en?|escriban?|contacten?)\w* más|no (?:quiero|deseo) recibir|
        elim[ií]n\w+ (?:mis datos|mi correo|mi direcci)|cancella(?:temi|rmi|te la mia)|disiscriv\w+|
        rimuov\w+ (?:mi|il mio)|non (?:scrivetemi|contattatemi|inviatemi)|rimuovetemi|toglietemi|
        non (?:desidero|voglio) (?:più )?ricevere|smettete di|descadastr\w+|
        cancelar (?:a )?(?:minha )?(?:inscri|subscri)\w+|remov[ae]\w*[- ]me|
        retire (?:o )?meu (?:e-?mail|nome)|não (?:quero|desejo) (?:mais )?receber|
        pare(?:m)? de (?:me )?enviar|não me (?:envie|contate|contacte)\w*|uitschrijven|afmelden|
        (?:haal|verwijder) (?:mij|me|ons|mijn)|geen (?:verdere )?(?:e-?mails?|mails?|berichten) meer|
        niet meer (?:mailen|benaderen|contacteren)
    """,
    "not_interested": r"""
        ^\W*(?:no|nope|nein|nee|non|não)\W*$|
        (?:too|zu|trop|demasiado|troppo|muito|te) (?:expensive|pricey|teuer|ch[eè]re?|car[oa]|duur)\b|hors de prix|
        preis .{0,15}zu hoch|
        interes+\w* (?:until|till|bis|hasta|finché|fino a quando|até|tot)\b|intéress\w* jusqu|
        intéress\w* pas\b|n['’]est pas intéressant|
        (?:haben|nutzen|verwenden) (?:bereits|schon)|zufrieden\b|avons déjà|utilisons déjà|satisfaits? de|
        ya (?:usamos|tenemos|contamos|trabajamos|utilizamos)|contentos con|satisfechos con|
        (?:abbiamo|usiamo|utilizziamo) già|soddisfatti d|já (?:usamos|temos|utilizamos|trabalhamos)|satisfeitos com|
        (?:gebruiken|hebben|werken) (?:wij |we )?al\b|tevreden met|
        (?:wir|ich) (?:verzichten?|lehnen? ab)|c['’]est non|(?:decided|decide) against|
        not (?:really |currently )?interested|no interest|no,? thanks|no thank you|
        not (?:a (?:good )?fit|relevant|for us|needed)|we['’]?(?:re| are) (?:all set|good|happy with)|
        don['’]t need|do not need|(?:we|i)['’]?ll pass|have to (?:decline|pass)|
        already (?:have|use|work with)|kein (?:interesse|bedarf)|nein,? danke|nicht interessiert|
        brauchen wir nicht|nicht relevant|bereits (?:einen|versorgt)|pas intéress\w+|non,? merci|pas besoin|
        aucun (?:intérêt|besoin)|no (?:me|nos|estoy|estamos) interesa\w*|no,? gracias|sin interés|
        no lo necesitamos|non (?:sono|siamo|mi|ci) interess\w+|no,? grazie|nessun interesse|non ci serve|
        non ne abbiamo bisogno|não (?:tenho|temos|estou|estamos) interess\w+|sem interesse|
        não,? obrigad[oa]|não precisamos|geen (?:interesse|behoefte)|nee,? (?:bedankt|dank)|
        niet geïnteresseerd|niet nodig
    """,
    "not_now": r"""
        (?:no|keine?n?|pas de|sin|no hay|no tenemos|non abbiamo|senza|sem|não temos|geen) (?:more |mehr )?
        (?:budget|presupuesto|orçamento)\b|
        budget .{0,40}(?:frozen|spent|used up|exhausted|ausgeschöpft|aufgebraucht|bouclé|épuisé|esaurito|finito|op\b)|
        (?:follow up|ask again|revisit|talk again|check in) .{0,20}(?:after|next|in )|
        (?:muy|trop|très|molto|muito|te|erg|zu|sehr) (?:liad|ocupad|occup|pres[oi]\b|druk|beschäftigt)|
        keine zeit|(?:quizás?|tal vez|peut-être|forse|magari|talvez|vielleicht|wellicht|misschien) .{0,15}
        (?:später|plus tard|más tarde|più tardi|dopo|depois|later)|per ora|
        not (?:right )?now|not at (?:the|this) (?:moment|time|stage)|
        (?:next|in a (?:few|couple)|in \w+) (?:quarter|year|months?)|
        (?:reach|get back|check back|circle back|try again|contact me again|come back|
        call) .{0,30}(?:later|next|in (?:q[1-4]|\d|a few|(?:jan|febr)uary|march|april|may|june|july|
        august|(?:sept|nov|dec)ember|october))|
        too (?:early|busy)|bad timing|no budget (?:this|until)|on hold|later this year|
        after the (?:summer|holidays)|
        (?:im moment|derzeit|momentan|aktuell|zurzeit) (?:nicht|kein\w*|leider|haben wir)|zu früh|
        später (?:noch|wieder|gern)|nächste[sn]? (?:jahr|quartal|monat)|in \w+ monaten|
        pas (?:pour le moment|maintenant|tout de suite)|plus tard|l['’]année prochaine|
        (?:le )?trimestre prochain|dans (?:quelques|\w+) mois|(?:por|en este|de) (?:ahora|momento)\b|
        más adelante|el (?:próximo|año que viene)|próximo (?:año|trimestre)|dentro de \w+ meses|
        (?:per|al|in questo) (?:il )?momento|più avanti|l['’]anno prossimo|prossimo (?:anno|trimestre)|
        tra (?:qualche|\w+) mesi|(?:no|de|neste) momento|mais tarde|próximo (?:ano|trimestre)|
        daqui a \w+ meses|(?:op dit|momenteel|nu) (?:moment|niet)|later (?:dit|nog)|
        volgend (?:jaar|kwartaal)|over \w+ maanden
    """,
    "referral": r"""
        sprechen sie .{0,15}mit|(?:bon|bonne) (?:interlocut\w+|personne)|
        (?:not|nicht|pas|no soy|non sono|não sou|niet) .{0,12}
        (?:responsible|zuständig|responsable|responsabile|responsável|verantwoordelijk)|
        (?:dafür|hierfür|dafuer) (?:zuständig|verantwortlich)|
        (?:talk|speak|reach out|write|get in touch|contact|turn|forward\w*|
        refer\w*) .{0,25}(?:my colleague|colleague|instead|our (?:head|cto|ceo|team|director)|who (?:is|
        handles|runs))|
        (?:is|would be) the (?:right|best|better) (?:person|contact)|not the right person|
        (?:cc['’]?(?:ing|ed)|copied|copying|looping in|adding)\b|
        (?:you should|please) (?:contact|talk to|speak (?:to|with)|ask) (?-i:[A-Z])|
        (?:wenden|richten) sie sich .{0,40}an|
        (?:zuständig|verantwortlich|ansprechpartner\w*) (?:ist|dafür|hierfür|für)|
        (?:mein\w*|unser\w*) kolleg\w+|leite (?:ich|es|ihre)|
        (?:adresse[rz]|contacte[rz]|voyez)[- ](?:vous )?.{0,25}(?:collègue|plutôt|à )|mon collègue|
        ma collègue|la bonne personne|en copie|(?:hable|contacte|escriba|póngase en contacto) .{0,15}con |
        mi compañer[oa]|la persona (?:adecuada|indicada|responsable)|en copia|
        (?:parli|contatti|scriva|si rivolga) .{0,15}(?:a|con|il|la) |(?:(?:al|il|un) mio|(?:alla|la|
        una) mia) colleg\w+|
        la persona giusta|in copia|(?:fale|contate|contacte|escreva) .{0,15}(?:com|para) |
        (?:meu|minha) colega|a pessoa (?:certa|responsável)|em cópia|
        (?:neem contact op met|bel|mail|spreek) .{0,20}(?:collega|(?-i:[A-Z]))|mijn collega|
        de juiste persoon|in cc
    """,
    "interested": r"""
        ^\W*(?:yes|yeah|ja|oui|sí|sì|sim)\W+(?:please|sehr|gerne?|natürlich|avec plaisir|bien sûr|por favor|claro|certo|
        volentieri|com certeza|graag|prima)\b|
        (?:when|wann|quand|cuándo|quando|wanneer) .{0,20}(?:talk|call|meet|free|available|pass|zeit|libre|disponible|
        podemos|puedes|puede|possiamo|schikt|past|kun)|
        not (?:a )?(?:bad idea|uninterested|opposed|averse)|(?:no|nothing) (?:objection|against)|
        (?:spricht nichts|nichts) dagegen|dagegen spricht nichts|nicht abgeneigt|je veux bien|pas contre|
        (?:pas de|aucun) problème pour|no tengo (?:ningún )?inconveniente|nada en contra|nessun problema (?:per|con)|
        não vejo problema|nada contra|geen bezwaar|niets? (?:op )?tegen|
        schicken sie .{0,12}(?:termin|unterlagen|informationen|details|angebot)|(?:envía|envia|manda|mánda)(?:me|nos)\b|
        ll[aá]m[ae](?:me|nos)\b|envie (?:os|mais)|stuur .{0,8}(?:de|meer|maar)\b|
        (?:very |quite |definitely )?interested|sounds (?:good|great|interesting)|
        (?:let['’]s|happy to|love to|would like to|glad to|can we|could we) (?:talk|chat|meet|speak|
        schedule|set up|have a|discuss|connect|hear|learn|jump|hop)|
        (?:book|schedule|set up) a (?:call|meeting|demo|time)|
        send (?:me|us|over) (?:more|the|some|a|your|details|information)|tell me more|
        (?:i|we)['’]?(?:m| am|re| are)? (?:available|free) (?:on|tomorrow|next|this|mon|tue|wed|thu|fri)|
        call me|yes,? please|works for me|count me in|(?:sehr )?(?:interessiert|interessant)\b|
        klingt (?:gut|spannend|interessant)|gerne? (?:mehr|ein|telefonieren|sprechen|kennen)|
        (?:termin|telefonat|rückruf|gespräch) (?:vereinbaren|passt|machen)|rufen sie mich|schicken sie mir|
        passt (?:mir|gut)|(?:très )?intéress(?:é|ée|és|ant|ante|e)\b|(?:ça|cela) m['’]intéresse|volontiers|
        avec plaisir|envoyez[- ](?:moi|nous)|appelez[- ]moi|parlons[- ]en|prenons rendez|
        disponible (?:lundi|mardi|mercredi|jeudi|vendredi|demain)|(?:me|nos) interesa\w*|
        (?:estoy|estamos) interesad\w+|suena (?:bien|interesante)|con gusto|envíeme|mándeme|llámeme|
        hablemos|agend\w+ una|(?:mi|ci) interessa|(?:sono|siamo) interessat\w+|volentieri|
        molto interessante|mi (?:mandi|invii|chiami)|sentiamoci|fissiamo|parliamone|
        (?:tenho|temos|estou|estamos) (?:muito )?interess\w+|(?:parece|soa) (?:bem|bom|interessante)|
        com prazer|envie[- ]me|me (?:envie|ligue)|ligue[- ]me|vamos (?:conversar|falar|marcar)|
        (?:zeer |erg )?geïnteresseerd|klinkt (?:goed|interessant)|graag (?:meer|een|contact|afspreken)|
        stuur (?:mij|me|ons)|bel (?:mij|me)|afspraak (?:maken|inplannen)
    """,
    "question": r"""
        \?|
        (?:what|how much|how many|how does|which|who|when|where|why|do you|does it|is it|can you|
        could you|are you) .{0,120}\?|
        what does it cost|pricing|price list|(?:was|wie viel|welche|wie) .{0,60}kost\w+|preisliste|
        (?:quel|combien|quels) .{0,60}(?:prix|coût\w*|tarif\w*)|(?:cuánto|qué) .{0,40}(?:cuesta|precio)|
        quanto (?:costa|custa)|wat kost
    """,
}
_RULES = {
    name: re.compile("".join(map(str.strip, text.splitlines())), re.IGNORECASE | re.MULTILINE)
    for name, text in _PHRASES.items()
}
_ORDER: tuple[Name, ...] = ("unsubscribe", "not_interested", "referral", "not_now", "interested", "question")
# A wish that is denied is none: "please do not remove me".
_DENIED = re.compile(
    r"(?:do not|don['’]t|nicht|ne|no|non|não|niet) (?:\w+ )?"
    r"(?:remove|stop|unsubscribe|abmelden|désabonne\w*|uitschrijven)",
    re.IGNORECASE,
)
# "If it costs less than 5k, yes": a price is named that the reader would pay.
_CONDITION = re.compile(
    r"^\W*(?:if|provided|as long as|falls|wenn|sofern|solange|si|se|als|mits|à moins de)\b[^?]{0,60}\d[^?]{0,120}$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w")
_MOST = 4_000


@dataclass(frozen=True)
class Category:
    """What a reply is about, and how sure that is, 0..1; below 0.6 a person should look."""

    name: Name
    confidence: float


def categorise(text: str, subject: str = "") -> Category:
    """The category of a reply's new words; `other` with little confidence where nothing is recognised.

    Who wants no more mails is believed before anything else, as a wish overlooked is worse than one too many.
    """
    said = " ".join(text[:_MOST].split("\n\n\n")).strip()
    found = {name for name in _ORDER if _RULES[name].search(said)}
    if not found and re.fullmatch(
        r"\W*(?:unsubscribe|abmelden|stop|remove)\W*", subject.strip(), re.IGNORECASE
    ):
        return Category("unsubscribe", 0.9)
    if not said:
        return Category("other", 0.2)
    if "unsubscribe" in found and _DENIED.search(said):
        return Category("other", 0.3)
    if "unsubscribe" in found:
        return Category("unsubscribe", 0.9 if len(said) < 600 else 0.7)
    if "not_interested" in found:
        mixed = found & {"referral", "not_now"}
        return Category("not_interested", 0.6 if mixed else 0.75 if "interested" in found else 0.85)
    if "referral" in found:
        return Category("referral", 0.65 if found & {"interested", "not_now"} else 0.8)
    if "not_now" in found:
        return Category("not_now", 0.65 if "interested" in found else 0.8)
    if "interested" in found:
        return Category("interested", 0.7 if "question" in found else 0.85)
    if "question" in found:
        return Category("question", 0.75)
    if _CONDITION.match(said):
        return Category("interested", 0.6)
    if _ADDRESS.search(said):
        return Category("referral", 0.5)  # it may as well be the writer's own
    return Category("other", 0.3)
