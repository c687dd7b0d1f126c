"""What servers say in the many wordings of their trade, as one pattern per meaning.

Each pattern is searched in lower-case text with single blanks. Written from the enhanced codes' own texts (RFC 3463,
RFC 7505, RFC 7372), the default texts of the common servers and the help pages of the large providers.
"""

import re


def _any(*wordings: str) -> re.Pattern[str]:
    # Not inside a word: 'an undisclosed address' is none that has been closed. Other scripts need no blanks.
    return re.compile("(?<![a-z])(?:" + "|".join(wordings) + ")")


UNKNOWN = _any(
    # Nobody there. "(?:address|...)" with up to 60 characters between, as servers put the address in the middle.
    r"(?:user|recipient|address(?:ee)?|mailbox|account|e-?mail|name|alias)s?(?: \S{1,80}){0,4} (?:is |are |was |were )?"
    r"(?:unknown|invalid|not (?:be )?(?:found|known|present|exist(?:ing)?|listed|recogni[sz]ed|valid|registered))\b",
    r"(?:unknown|invalid|non[- ]?existent|nonexisting|inexistent|bad|no such|illegal) (?:or \w+ )?"
    r"(?:virtual |local |final delivery |destination |target |rcpt |smtp |e-?mail )?"
    r"(?:user|recipient|address(?:ee)?|mailbox|account|userid|e-?mail|local[- ]?part|login|person|alias)",
    r"(?:does|do|did) ?(?:n[o']t|nt) (?:\w+ )?exist\b",
    r"(?:doesn'?t|does not) have an? \S{1,80} account|has no (?:mailbox|account) here|no mailbox (?:here|found|"
    r"exists)",
    r"\bno (?:\S{1,40} )?(?:such |valid )?(?:user|mailbox|recipient|person|account|address)\b"
    r"(?: \S{1,60}){0,3} (?:here|found|exists?|by (?:that|this) name|at this (?:domain|host|address)|with that)",
    r"no such (?:user|person|recipient|mailbox|address|account|email|local user|virtual user|addressee)",
    r"there is no (?:user|one|such|account|mailbox|recipient)",
    r"not (?:a|our) (?:valid |known |local |current )?"
    r"(?:user|recipient|customer|mailbox|account|address|subscriber|e-?mail users?)",
    r"(?:is|are) not (?:a )?(?:known|valid|listed|registered|recogni[sz]ed|existing)\b"
    r"(?! (?:\w+ )?(?:gateway|sender|command|domain|host|ip|server|client|relay|ptr|helo)\b)",
    r"no mail ?box (?:\w+ )?(?:currently )?available for (?:this|that)",
    r"not listed in (?:\w+ )?(?:domino|directory|public|name)|not found in (?:directory|domino|recipients)",
    r"unrouteable address|unroutable address|undeliverable address|address (?:is )?undeliverable",
    r"does not have a final email delivery point|no matches to nameserver query|ambiguous address",
    r"mailbox (?:name )?(?:not found|not allowed|does not|unknown|not available or not local)|mailbox_not_found",
    r"user (?:not known|does ?n[o']t|unkno?wn|not exist|lookup)|recipnotfound|recipientnotfound|usernotfound",
    r"address(?:es)? (?:you (?:entered|sent)|to which)? ?.{0,60}(?:couldn'?t be found|could not be found|"
    r"wasn'?t found)",
    r"(?:couldn'?t|could not|can ?not|wasn'?t|unable to|cannot) (?:be )?(?:found|find|locate|verify) "
    r"(?:\w+ ){0,3}(?:user|recipient|mailbox|address)|(?:address|recipient|mailbox|user) (?:\S{1,80} )?"
    r"(?:couldn'?t|could not|can ?not|cannot|wasn'?t) (?:be )?found",
    r"not (?:our|in our) (?:user|customer|database)|no longer (?:at|with|works|employed|valid|exists?|active|in use)",
    r"has (?:left|moved)\b(?: \w+){0,3} (?:company|organi[sz]ation|firm)|no more (?:on|at) this (?:server|host)",
    r"did not exactly match|isn't (?:a )?(?:known|valid|listed)|has been (?:deleted|removed|closed|terminated)\b",
    r"user unknown|unknown user|userunknown|unknown local|nosuchuser|recipient (?:does )?not exist",
    r"recipient address rejected: access denied|dbeb|resolver\.adr\.(?:ex|recip\w*)?notfound|"
    r"resolver\.adr\.recipnotfound|000c05a6|mapi_e_not_found",
    # German, French, Spanish, Italian, Portuguese, Dutch, Nordic, Polish, Russian, Turkish, Czech, Hungarian
    r"(?:empfänger|empfaenger|benutzer|adress(?:e|at)|postfach|mailbox|teilnehmer|kennung)\w*(?: \S{1,60}){0,4} "
    r"(?:ist )?(?:unbekannt|nicht (?:bekannt|gefunden|vorhanden|existent|erreichbar)|existiert nicht|ungültig|"
    r"ungueltig)",
    r"unbekannte[rsn]? (?:empf|benutzer|adress|postfach|nutzer)|existiert (?:hier )?nicht|existieren nicht|"
    r"gibt es (?:hier |bei uns )?nicht|nicht gefunden|keine(?:n)? (?:solche[nrs]? )?(?:mailbox|postfach|benutzer)",
    r"(?:utilisateur|destinataire|adresse|compte|bo[iî]te)\w*(?: \S{1,60}){0,4} (?:inconnue?s?|introuvable|"
    r"inexistante?)|"
    r"n['’]existe (?:pas|plus)|non recensé|n['’]a pas été trouvé|n['’]est pas valide|pas d['’]utilisateur|"
    r"adresse invalide",
    r"(?:usuario|destinatario|dirección|direccion|cuenta|buzón|buzon)\w*(?: \S{1,60}){0,4} "
    r"(?:desconocid[oa]|no existe|inexistente|no (?:fue |ha sido )?encontrad[oa]|no válid[oa]|inválid[oa])|"
    r"\bno existe\b|"
    r"no se (?:encontr[óo]|ha encontrado|pudo encontrar)",
    r"(?:utente|destinatario|indirizzo|casella|account)\w*(?: \S{1,60}){0,4} "
    r"(?:sconosciut[oa]|inesistente|non (?:esiste|trovat[oa]|valid[oa]|presente))|non esiste\b|utente sconosciuto",
    r"(?:usu[áa]rio|destinat[áa]rio|endere[çc]o|conta|caixa)\w*(?: \S{1,60}){0,4} "
    r"(?:desconhecid[oa]|inexistente|n[ãa]o (?:existe|encontrad[oa]|foi encontrad[oa])|inv[áa]lid[oa])|"
    r"n[ãa]o existe\b",
    r"(?:gebruiker|ontvanger|adres|geadresseerde|mailbox)\w*(?: \S{1,60}){0,4} (?:onbekend|bestaat niet|"
    r"niet gevonden)|"
    r"onbekende (?:gebruiker|ontvanger)|bestaat (?:hier )?niet|niet bekend",
    r"finns inte|okänd (?:mottagare|användare)|findes ikke|ukendt (?:modtager|bruger)|finnes ikke|"
    r"ukjent (?:mottaker|bruker)|"
    r"tuntematon|ei löydy|nie istnieje|nieznany|nie znaleziono|neexistuje|neznámý|nem létezik|ismeretlen|bulunamadı|"
    r"mevcut değil|не (?:существует|найден[ао]?)|неизвестный (?:пользователь|получатель)|нет такого|"
    r"не зарегистрирован",
    # Japanese, Chinese, Korean
    r"存在しません|リストにありません|登録されて(?:い|お)|存在しない|見つかりません|見つかりませんでした|宛先不明|(?:ユーザ|アドレス|宛先).{0,20}(?:不明|間違|ありません|誤り)",
    r"不存在|无此用户|無此|没有(?:找到|该|此|这个)?(?:用户|收件|帐|账)|找不到|用户未找到|无效(?:的)?(?:用户|收件|地址)|查無|"
    r"存在하지|존재하지|찾을 수 없|없는 (?:사용자|메일|계정)",
)
"""The mailbox, user or address is not there."""

NO_DOMAIN = _any(
    r"(?:host|domain|server|destination)(?: name)?(?: \S{1,80}){0,4} (?:is |was )?"
    r"(?:unknown|not found|invalid|not exist|(?:does|do|did)(?:n'?t| not) (?:exist|accept mail))",
    r"unroute?able (?:mail )?domain|(?:unknown|no such|non-?existent) (?:host|domain|mail ?host|"
    r"destination (?:host|domain|"
    r"system))",
    r"\bnxdomain\b|null ?mx\b|does not accept (?:e-?mail|mail)|domain (?:has no mx|not found|expired|is not local)|"
    r"name or service not known|host or domain name not found|couldn'?t find any host|couldn't find a host|"
    r"host .{1,100} not found|cannot find your (?:ip|host)|all relevant mx records point to non-?existent hosts",
    r"domain(?:e|ain)? .{0,80}(?:existiert nicht|n['’]existe pas|no existe|non esiste|não existe|bestaat niet|"
    r"couldn'?t be found|could not be found)|"
    r"ホスト.{0,20}(?:見つかりません|不明)|域名不存在|域名.{0,20}不存在|找不到.{0,12}域",
)
"""The domain does not exist or takes no mail at all."""

DISABLED = _any(
    r"(?:account|mailbox|user|recipient|address|inbox|email|e-mail)(?: \S{1,80}){0,5} (?:is |has been |was |are |"
    r"been )?"
    r"(?:permanently |currently )?(?:disabled|inactive|deactivated|discontinued|suspended|closed|deleted|terminated|"
    r"cancell?ed|blocked by (?:the )?admin|locked|not active|no longer|expired|not (?:currently )?accepting|"
    r"abandoned|retired)",
    r"disabled or discontinued|(?:disabled|inactive|deactivated|suspended|closed|expired|cancell?ed|deleted) "
    r"(?:account|mailbox|user|recipient|address|email)|mailbox disabled|mailbox (?:is )?inactive|"
    r"account that you tried to"
    r" reach is (?:disabled|inactive)",
    r"(?:konto|postfach)\w*(?: \S{1,60}){0,3} (?:deaktiviert|gesperrt|geschlossen|gelöscht)|"
    r"compte (?:\S{1,60} )?(?:désactivé|"
    r"fermé|supprimé)|cuenta (?:\S{1,60} )?(?:desactivada|deshabilitada|suspendida|cancelada)|"
    r"account (?:\S{1,60} )?(?:disattivato|sospeso)|conta (?:\S{1,60} )?(?:desativada|suspensa)",
    r"заблокирован|отключен|неактив|休止|停止され|停用|已(?:被)?(?:禁用|冻结|注销|停用|锁定)|해지|휴면",
)
"""The account was there and has been closed."""

FULL = _any(
    r"over ?-?quota|quota (?:is |has been |was )?(?:exceed|full|reached|violation)|"
    r"exceed\w* (?:\S{1,40} ){0,5}quota|\bquota\b",
    r"(?:mail ?box|mailfolder|mail ?drop|inbox|mail file|spool|account|disk|user|folder)(?: \S{1,80}){0,4} "
    r"(?:is |are |has |have )?(?:(?:too )?full|been exceeded|exceeded|out of (?:disk|space|storage)|size limit)|"
    r"mailbox-?full",
    r"mail ?box (?:for \S+ )?(?:is )?full|full mail ?box|box is full|mailfull|insufficient (?:disk|storage|"
    r"system storage|space)",
    r"(?:not enough|no (?:more )?|out of|insufficient|too little|lack of) (?:free )?(?:disk )?(?:storage|space|room)|"
    r"mail box space not enough|space not enough",
    r"too much mail stored|exceeded (?:the )?(?:storage|mailbox|allowed|allotted|maximum (?:storage|"
    r"number of messages))|"
    r"storage (?:limit|allocation|space|quota)|too many messages (?:in|on)|mailbox (?:has )?exceed|overquota|"
    r"diskquota|disk full|mailbox exceeded the",
    r"(?:postfach|mailbox|briefkasten|konto)\w*(?: \S{1,60}){0,4} voll|speicherplatz|überfüllt|"
    r"quota überschritten|kontingent|"
    r"bo[iî]te(?: aux lettres)?(?: \S{1,60}){0,4} (?:est )?(?:pleine|saturée)|quota (?:dépassé|atteint)|"
    r"espace (?:disque )?insuffisant|"
    r"(?:buzón|buzon|casilla|mailbox)(?: \S{1,60}){0,4} (?:está )?(?:llen[oa])|cuota (?:excedida|superada)|"
    r"casella(?: \S{1,60}){0,4} (?:è )?piena|caixa(?: \S{1,60}){0,4} (?:está )?cheia|cota excedida|"
    r"(?:postvak|mailbox)(?: \S{1,60}){0,3} (?:is )?vol\b|skrzynka.{0,60}(?:pełna|przepełniona)|переполнен|превышен",
    r"容量.{0,20}(?:超|オーバー|いっぱい|一杯)|メールボックス.{0,20}(?:いっぱい|一杯|満杯|フル)|邮箱.{0,12}(?:已满|空间|超)|"
    r"信箱.{0,12}(?:已滿|已满|空間)|空间不足|容量不足|용량|가득",
)
"""No room in the mailbox."""

SENDING_QUOTA = _any(r"(?:relay|sending|send|outbound|submission|recipient|daily|hourly)(?: \w+)? quota")
"""A quota that is not the mailbox's."""

SENDER = _any(
    r"your (?:domain|host|hostname|server)(?: name)? (?:\S{1,80} ){0,2}(?:not|doesn't|has no)\b|rule imposed|"
    r"\bspf\b|sender policy framework|sender ?id\b|domainkeys|\bdkim\b|\bdmarc\b|\bptr\b|reverse[ -]?dns|\brdns\b|"
    r"reverse (?:lookup|hostname)|no reverse|"
    r"forward-confirmed",
    # What the sender's own service counts, and the codes of Outlook's refusals.
    r"(?:relay|sending|send|outbound|submission|recipient|daily|hourly)(?: \w+)? quota|\b(?:sc|ou)-00\d\b|"
    r"not a (?:registered|known|valid) (?:gateway|sender)|from: domain|(?:valid|unroutable) sender|sender domain is|"
    r"open proxy|relay host name|of your isp|mail ?server at|third-party dsn|unsigned dsn|"
    r"spammers?\b|\bbatv\b|backscatter|dynamic (?:ip|address)|user complaints|your (?:remote ?host|address)\b|"
    r"envelope (?:senders?|blocked)|mail from not|bogus mail from|mismatch\w* client|from mail ?server|"
    r"(?:from|reply-?to|return|return-path|ip|helo) address|invalid address (?:in|of|for) (?:the )?\W?(?:from|header)",
    r"unauthenticated|not authenticated|authentication (?:required|failed|checks?|policy|information)|smtp auth|"
    r"must (?:be )?authenticat",
    r"black ?-?list|block ?-?list|\brbl\b|dnsbl|spamhaus|spamcop|barracudacentral|senderscore|sorbs|mail-abuse|"
    r"sender ?base|"
    r"uceprotect|proofpoint\.com|cloudmark|blocked (?:using|by|for|due)|(?<!not )\blisted (?:in|by|at|"
    r"on) (?!\w* ?(?:domino|directory))|"
    r"reputation|suspicious (?:ip|activity|host)|banned (?:host|ip|send|from)|\bs3140\b|\bs3150\b",
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited|refused|mail)|"
    r"unable to relay|cannot relay|"
    r"not (?:permitted|allowed|authori[sz]ed) to (?:relay|send|submit|use|deliver)|relay (?:not|access|from|for)|"
    r"not a(?:n open)? relay|no relaying|will not relay|do not relay|authenticate (?:to|before)|rcpthosts|norelay",
    r"sender(?:'s)?(?: \S{1,80}){0,4} (?:is |was |has been )?(?:rejected|denied|blocked|refused|invalid|"
    r"not (?:allowed|found|accepted)|"
    r"verif\w+ (?:failed|error)|unknown|restricted|prohibited|does not exist)|(?:sender|from|"
    r"return) (?:address )?verif\w+|sender rejected",
    r"(?:bad|invalid|rejected|blocked|unknown|forged|spoofed) (?:sender|mail from|return[- ]path|helo|ehlo)|"
    r"mail from .{0,80}"
    r"(?:denied|rejected|refused|not allowed|not accepted|invalid)|not accepting (?:e-?mail|mail|messages) from|"
    r"won'?t accept (?:mail )?from",
    r"(?:your|the sending|this|client|sending|source|connecting) (?:ip|host|server|mail ?server|network|domain|"
    r"address)"
    r"(?: \S{1,80}){0,4} (?:is |has been |was |are )?(?:blocked|listed|denied|rejected|refused|banned|"
    r"not (?:allowed|authori[sz]ed|permitted|accepted))",
    r"(?:ip|host|client|connection|access)(?: address)?(?: \S{1,60}){0,3} (?:rejected|blocked|refused by policy|"
    r"denied by policy)|"
    r"client host .{0,80}(?:rejected|blocked)|\bhelo\b|\behlo\b.{0,40}(?:invalid|reject)|"
    r"(?<!address rejected: )access (?:is )?denied",
    r"rate ?-?limit|throttl|too many (?:connections|concurrent|messages|recipients|emails|mails|sessions|errors|"
    r"invalid|hops from)|"
    r"(?:sending|message|daily|hourly|user-rate|connection) (?:rate|limit)|exceeded (?:the )?(?:rate|sending|"
    r"messaging|daily|hourly|max(?:imum)? (?:number of )?(?:mess|conn|recip))|"
    r"(?:limit|quota) on (?:messages|sending)|at a rate that|unusual (?:rate|activity|amount)|volume of (?:mail|"
    r"e-?mail)|"
    r"(?:receiving|sent) too (?:quickly|many|much)|daily (?:user )?sending",
    r"recipient(?:'s)? preferences|"
    r"only accepts? (?:mail|messages|e-?mail)s? from|restricted to|requires? that (?:all )?senders|"
    r"restrict\w* (?:who|to)|"
    r"not (?:allowed|permitted|authori[sz]ed) to send|you are not allowed|sender not (?:pre-?)?(?:approved|"
    r"authori[sz]ed)|"
    r"resolver\.rst|notauthorized|permission to send|you do(?:n't| not) have permission|not on (?:the|my|"
    r"our) (?:white|allow|safe)|whitelist|"
    r"does not accept (?:mail|messages|e-?mail)s? from|mail from your|from your (?:server|domain|ip|network|host)",
    r"(?:header|5322)\.?from|must (?:be )?align|not aligned|bulk sender|sender requirements|550-5\.7\.(?:25|26|"
    r"27)|\barc\b (?:fail|valid)",
    r"absender\w*(?: \S{1,60}){0,3} (?:abgelehnt|gesperrt|nicht (?:erlaubt|berechtigt|akzeptiert)|blockiert)|"
    r"expéditeur.{0,60}(?:refus|bloqu|non autoris)|"
    r"remitente.{0,60}(?:rechaz|bloque|no (?:autoriz|permit))|mittente.{0,60}(?:rifiut|blocc|non autorizz)|"
    r"remetente.{0,60}(?:rejeit|bloque|não autoriz)",
    r"拒否設定|指定受信|ドメイン指定|発信者|黑名单|发件人.{0,20}(?:拒绝|限制|被拒)|发信.{0,12}(?:频率|限制|过多)|连接.{0,8}频繁|반송.{0,8}차단",
)
"""Who sends, from where, how often, with what authentication."""

CONTENT = _any(
    r"\bspam(?:my|ming|assassin|\b)|\buce\b|\bube\b|junk (?:mail|e-?mail)|unsolicited|bulk (?:e-?mail|mail)|"
    r"considered (?:as )?spam",
    r"\bvirus\b|virus(?:es)? (?:found|detected|infected)|malware|infected|trojan|phish|ransom|malicious|dangerous",
    r"content (?:is |was |has been )?(?:rejected|filter|denied|refused|not (?:accept|allow)|violat|block|restrict|"
    r"polic|reject|scan)|"
    r"(?:message|mail|e-?mail)(?: \S{1,40}){0,2} content|message (?:filtered|was (?:blocked|considered|"
    r"identified)|looks like|body|blocked|contains (?:a |an )?(?:virus|spam|prohib|malicious|unacceptable|suspicious|"
    r"forbidden|banned|dangerous|url|link))|"
    r"(?:rejected|blocked|refused) (?:by|due to|because of|for) (?:\S{1,30} ){0,3}(?:content|filter|policy|"
    r"security|anti-?spam)|filtered message|"
    r"content[- ]filter|mail rejected by (?:windows live|policy)|policy (?:violation|restriction|reasons?|"
    r"rejection)|violat\w* (?:\w+ ){0,2}policy",
    r"message (?:size|is too|too|length|exceeds)|too (?:large|big)\b|(?:line|header|message|subject|"
    r"body) (?:is )?too long|(?:size|length) (?:limit|exceed)|exceed\w* (?:\S{1,40} ){0,5}(?:message |mail )?size|"
    r"(?:maximum|max)\.? (?:message |mail |allowed )?size|fixed maximum|size of (?:the|your) (?:message|mail)|"
    r"message exceeds|larger than|"
    r"nachricht (?:ist )?zu gro|zu groß|trop (?:gros|volumineux)|demasiado grande|troppo grande|muito grande|"
    r"te groot|サイズ.{0,20}(?:超|大き)|过大|太大",
    r"(?:mail|messages) with attachment|"
    r"attachments? (?:\S{1,30} ){0,4}(?:not|block|reject|prohibit|remov|denied|type)|(?:blocked|prohibited|banned|"
    r"illegal|unsafe|"
    r"dangerous|forbidden|executable) (?:\S{1,20} ){0,2}attachment|file (?:type|extension)|banned (?:name|file)|"
    r"prohibited (?:file|content)|(?:url|link|"
    r"uri)s? (?:in|within|found|listed)|surbl|uribl|dbl\.",
    r"no resent-from|(?:multiple|missing|invalid|bad|duplicate|malformed) (?:\S{1,20} )?header|"
    r"(?:not|violates?|non)[ -](?:\S{1,20} )?rfc|not compliant|"
    r"bare (?:lf|cr)|line too long|8-?bit|badly formed|illegal (?:character|header)|"
    r"malformed(?! (?:or unexpected )?(?:name ?server|dns))|header error|"
    r"message format|smtputf8|internationali[sz]ed",
    r"垃圾邮件|内容.{0,12}(?:拒绝|垃圾|违)|スパム|迷惑メール|ウイルス|spam-?mail|스팸|спам|spamverdacht|werbemail|indésirable|"
    r"correo no deseado|posta indesiderata",
)
"""What was sent."""

PASSING = _any(
    r"try (?:again|later|your|sending)|retry|again later|temporar\w*|transient|defer+ed|grey ?-?list|gray ?-?list|"
    r"come back later|please wait|"
    r"later attempt|resources? (?:temporarily )?(?:unavailable|exceeded)|busy|overload|high load|load too high|"
    r"shutting down|service (?:is )?(?:currently )?(?:not available|unavailable)",
    r"time(?:d)?[ -]?out|expired|queue(?:d)? (?:too long|for|lifetime|period|time)|too long in (?:the )?queue|"
    r"(?:in|on) the (?:\w+ )?queue too long|"
    r"(?:retry|delivery) time(?:out)?\b|(?:maximum|all) (?:\w+ )?attempts|attempts (?:failed|exceeded|exhausted)|"
    r"after \d+(?:\.\d+)? (?:hour|day|minute|attempt)|"
    r"(?:within|for) (?:the )?(?:last )?\d+ (?:hour|day)|has not been collected|cannot (?:send|"
    r"deliver) .{0,40} for \d|failed \d+ attempts",
    r"connection (?:\S{1,40} ){0,3}(?:refused|reset|timed|lost|dropped|closed|failed)|(?:could|can) ?(?:not|"
    r"n't) (?:be )?(?:establish|connect|reach)\w*|"
    r"unable to (?:connect|establish|contact)|(?:wasn't|was not) able to (?:establish|connect)|no route to host|"
    r"network (?:is )?unreachable|"
    r"not respond|unreachable|not reachable|no answer|(?:did|does) not (?:respond|answer)|lost connection|"
    r"host is down|not responding|server (?:is )?down|"
    r"(?:dns|name ?server|name service|mx|lookup) (?:\S{1,20} ){0,3}(?:fail|error(?!.{0,100}(?:not found|nxdomain|"
    r"not exist))|timeout|"
    r"problem)|soft error|server(?:s)? (?:unavailable|fail)|try \d+ times",
    r"loop(?:ing)?\b|too many hops|hop count|mail ?loop|(?:internal|local|system|configuration|i/o|software|"
    r"server|program|unexpected) (?:\S{1,20} )?(?:error|problem|failure|fault)|"
    r"config(?:uration)? (?:error|problem)|cannot (?:append|open|create|write)|can't (?:create|open|write)|"
    r"exit (?:status|code)|permission denied|out of memory",
    r"vorübergehend|später (?:noch|erneut|wieder)|zeitüberschreitung|temporairement|ultérieurement|temporalmente|"
    r"más tarde|temporaneamente|più tardi|"
    r"temporariamente|mais tarde|tijdelijk|later opnieuw|"
    r"временно|позже|позднее|一時的|タイムアウト|しばらく|稍后|暂时|超时|連線逾時|"
    r"连接超时|일시적|나중에",
)
"""Something that may be different another day."""

DELAYED = _any(
    r"(?:has|have) not (?:yet been delivered|been (?:yet )?delivered .{0,40}(?:yet|so far))|"
    r"not yet (?:been )?(?:delivered|possible)|(?:could )?not (?:be )?(?:yet )?deliver\w* yet",
    r"no action is required|(?:delivery )?attempts? (?:to deliver )?will (?:continue|be (?:made|repeated))|"
    r"will be (?:retried|re-?tried|attempted)|"
    r"will (?:keep|continue) (?:trying|to (?:try|attempt|retry))|will (?:try|retry|attempt) (?:again|until|for \d|"
    r"to (?:re)?(?:deliver|send))|continue(?:s)? trying",
    r"warning message only|just a warning|do ?n[o']t need to resend|do not (?:need to )?resend|is delayed|"
    r"been delayed|has been postponed|delivery delayed|"
    r"advisory-only|still (?:being )?(?:trying|attempt|queued|in the queue)|transient non-fatal",
    r"verzögert|wird weiter versucht|weitere zustell|noch nicht (?:zugestellt|ausgeliefert)|retardé|"
    r"nouvelles? tentatives?|pas encore (?:été )?|"
    r"retrasad|se (?:seguirá|continuará) intentando|todavía no|in ritardo|ritardat|ulteriori tentativi|non ancora|"
    r"atrasad|ainda não|vertraagd|nog niet|"
    r"遅延|遅れて|再送(?!信してください)|延迟|延遲|将(?:会)?(?:继续)?(?:自动)?(?:尝试|重试)|задержан|повторн|지연",
)
"""A warning: the server is still trying."""

GIVEN_UP = _any(
    r"permanent(?:ly)? (?:fail|error|fatal)|(?:this is )?a permanent error|failed permanently|given up|gave up|"
    r"giving up|returned (?:to|below)|"
    r"not going to try again|will not be (?:retried|delivered)|no further|final(?:ly)? fail|could not be delivered\b",
)
"""Words by which a warning is none after all."""
