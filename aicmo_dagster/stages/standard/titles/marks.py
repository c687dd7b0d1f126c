"""Words of a title that say whose its ranks are, and words that only look like a rank."""

from enum import Enum, auto


class Kind(Enum):
    """What a term does in a title."""

    RANK = auto()
    CRAFT = auto()
    FIELD = auto()  # what the work is about
    AIDE = auto()  # helps somebody whose rank stands beside it
    AIDE_OR_DEPUTY = auto()  # "assistant manager" manages
    OF = auto()  # ranks behind it are not the person's
    TO = auto()  # neither, nor what they are about
    AT = auto()  # a company follows
    AND = auto()
    NO_MORE = auto()  # ranks behind it are no longer, or not yet, the person's
    NO_JOB = auto()
    TRAINEE = auto()


AIDES = """
    executive assistant, personal assistant, administrative assistant, secretary,
    ea, pa, assistentin, assistent, assistenz, chefsekretärin, sekretär, sekretariat,
    direktionsassistenz, direktionsassistent, vorstandsassistent, vorstandsassistenz, teamassistenz,
    managementassistent, management assistent, management assistente, management assistant,
    managementassistente, directiesecretaresse, secretaresse, directieassistent, directieassistente,
    assistante, assistante de direction, assistant de direction, secrétaire, secrétaire de direction,
    adjoint au, adjointe au, adjoint du, adjointe du, adjoint à la, adjointe à la,
    secretaria, secretario, asistente, asistenta, secretário, secretária, assistente, segretaria, segretario,
    segretaria di direzione, office of the, office of, büro der, büro des, cabinet du,
    executive support, vorzimmer, stab"""
MARKS: dict[Kind, str] = {
    Kind.AIDE_OR_DEPUTY: "assistant, asst",
    Kind.OF: """of, de, du, des, der, del, dell, della, delle, dei, degli, di, do, da, dos, das, van, von, vom,
        d, l, in, im, für, fur, per, para, pour, por, by, zur, zum, bij de, a, aux, al, alla""",
    Kind.TO: "to, to the, reporting to, reports to, on behalf of, for, au service du, presso il, voor de",
    Kind.AT: "at, bei, chez, presso, bij",
    Kind.AND: "and, und, et, y, e, en, und auch, sowie, as well as, plus, cum",
    Kind.NO_MORE: """former, formerly, ex, retired, aspiring, wannabe, previously, past president, ancien, ancienne,
        ehemaliger, ehemalige, ehemals, exdirector, antiguo, antigua, voormalig, seeking, looking for, open to,
        searching for, in cerca di, auf der suche nach, à la recherche, en busca de, em busca de, op zoek naar,
        pensioned, emeritus, pensionierter, pensionierte, retraité, retraitée, jubilado, jubilada, aposentado,
        aposentada, gepensioneerd, pensionato, pensionata, rentner, rentnerin, ruhestand""",
    Kind.NO_JOB: """student, étudiant, étudiante, estudiante, studente, studentessa, estudante, schüler,
        schülerin, phd student, phd candidate, pupil, unemployed, autónomo, autónoma,
        autônomo, autônoma, volunteer, bénévole, freiwilliger,
        voluntario, voluntaria, volontario, volontaria, voluntário, voluntária, vrijwilliger, homemaker,
        housewife, hausfrau, hausmann, self employed, n a, na, none, unknown, tbd, arbeitslos, arbeitssuchend,
        desempleado, desempleada, disoccupato, disoccupata, werkloos, desempregado, desempregada, demandeur d emploi,
        sans emploi, alumni, alumnus, alumna, werkzoekend, casalinga, ama de casa, dona de casa, mère au foyer""",
    Kind.TRAINEE: """intern, trainee, apprentice, manager in training, praktikant, praktikum, werkstudent, azubi,
        auszubildender, auszubildende, stagiaire, alternant, alternante, apprenti, apprentie, becario, becaria,
        stagista, tirocinante, estagiário, estagiária, stagiair, working student,
        ausbildung zum, ausbildung zur, en alternance, en prácticas, in opleiding, graduate trainee,
        management trainee, volontär""",
}
SAME_WORD = {
    "sr": "senior",
    "snr": "senior",
    "dir": "director",
    "mgr": "manager",
    "mngr": "manager",
    "mgmt": "management",
    "mgt": "management",
    "exec": "executive",
    "pres": "president",
    "asst": "assistant",
    "asso": "associate",
    "assoc": "associate",
    "mktg": "marketing",
    "mkt": "marketing",
    "dept": "department",
    "intl": "international",
    "svcs": "services",
    "engr": "engineer",
    "acct": "account",
    "supv": "supervisor",
    "supt": "superintendent",
    "coord": "coordinator",
    "spec": "specialist",
    "rep": "representative",
    "vorst": "vorstand",
    "gf": "geschaftsfuhrer",
    "resp": "responsable",
    "stv": "stellvertretender",
    "int": "international",
    "prof": "professor",
    "gl": "geschaftsleitung",
    "sup": "supervisor",
    "vicepresident": "vp",
    "vicepresidente": "vp",
    "vicepresidenta": "vp",
    "vizeprasident": "vp",
    "vizeprasidentin": "vp",
    "vizepraesident": "vp",
}
"""Abbreviations, each read as the word it stands for."""

NOT_RANKS: dict[Kind, str] = {
    Kind.CRAFT: """
        account executive, cheerleader, homeowner, business partner, hr business partner, finance business partner,
        people partner, client partner, legislator, board advisor, advisory board member, board adviser,
        advisory board, board observer""",
    Kind.FIELD: """
        partner management, partner marketing, partner sales, partner success, partner development, head office,
        independiente, independente, indipendente, executive search, executive education, executive coaching,
        leadership, leadership development,
        owner relations, lead generation, lead gen, lead management, lead qualification,
        principal investments, senior living, senior care, senior services, information, c suite, halbleiter,
        ceo office, ceos office, founder office, founders office, md office, chairman office, chairmans office,
        president office, presidents office, directors office, executive office, executive offices""",
}
"""Crafts and fields that hold a word of rank."""
