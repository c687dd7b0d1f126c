"""Given names that mean the same: Bob is Robert, Sascha is Alexander, Pepe is José."""

from functools import cache

from nicknames import NickNamer

# The package knows English names. These are the usual short forms of other languages, written as `traces`
# spells names: without accents, Cyrillic in Latin letters. The formal name comes first.
_OTHERS = """
    alexander sascha sasha alex aleksandr alessandro alexandre alejandro sandro
    aleksandra alexandra sasha sandra alessandra alejandra
    andreas andi andrej andrei andre andres
    anna anja anke annika anni ania
    antonio toni tonio
    benedikt beni bene
    bernhard bernd berni
    christian chris kris
    christina christine tina kristina chrissi
    dmitrij dima dmitri dmitry dmitrii
    dominik domi nik
    eduardo edu lalo
    ekaterina katja katya jekaterina katerina
    elisabeth elisabetta elisabet lisa liesel elsbeth sissi
    emmanuel manu manuel
    enrique kike quique
    francisco paco pancho curro kiko
    francesco franco cesco
    franziska franzi
    friedrich fritz fred
    gabriele gabi
    giovanni gianni vanni
    giuseppe beppe peppe pino
    gregor gregorio grigorij grischa
    guillermo memo guille
    gunther gunter
    hans johannes johann hannes jan johan
    heinrich heinz heiner
    henriette jette
    ignacio nacho
    irina ira
    ivan vanja
    jakob jacob kobi
    jesus chuy
    joachim jochen achim
    johanna hanna hanne
    jorg jurgen georg
    jose pepe
    josef sepp jupp joseph
    katharina kathrin katrin kati kathi katja
    konrad kurt conny
    krzysztof krzys
    lorenzo renzo
    ludwig lutz
    luigi gigi
    malgorzata gosia
    manuela manu ela
    margarete grete gretel margret margarethe greta
    maria mia marie mascha mariechen
    matthias matze mathias
    maximilian max maxi
    michail mikhail mischa misha
    michael micha michi mike michel mischa
    natalia natascha natalja natasha
    nikolaus klaus claus niko nicolas nikolaj kolja
    nikita nik
    olga olja
    pawel pavel pascha
    petra peti
    philipp philippe felipe
    piotr piotrek
    rafael rafa
    ricardo richi
    roberto beto
    rosario charo
    rudolf rudi
    salvatore toto turi
    sebastian basti wastl
    sergej sergei serjoscha serge sergio
    siegfried sigi
    stanislaw stasiek staszek stas
    stefan stephan steffen stefano etienne
    stefania stefanie steffi
    susanne susi sanne
    svetlana sweta sveta
    tatjana tanja tatiana tanya
    theresia resi
    thomas tom tommi tomas
    ulrich uli ulli
    ursula uschi ulla
    valentina valja
    vincenzo enzo
    vladimir wolodja vova wladimir volodja
    walter walti
    wilhelm willi willem wim
    wladyslaw wladek
    wolfgang wolf
    jevgenij evgenij zhenja evgeny yevgeny
    jurij yuri yury jura
    cornelis kees cor
    hendrik henk rik
    pieter piet peter
    dirk diederik
    geertruida truus
    jacques jacky
    jeanpierre jp
    veronique vero
    frederic fred
    dominique dom
    catherine cathy
"""


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    formal: dict[str, set[str]] = {}
    for line in _OTHERS.split("\n"):
        first, *short = line.split() or [""]
        for name in short:
            formal.setdefault(name, set()).add(first)
    for name, names in NickNamer().canonical_lookup.items():
        formal.setdefault(name, set()).update(names)
    return {name: frozenset(names) for name, names in formal.items()}


def formal_names(name: str) -> list[str]:
    """The name itself, as `traces` spells it, and the formal names that it may be short for; sorted."""
    return sorted({name, *_short_forms().get(name, ())})
