"""Words of rank: what a title says of how high somebody stands, in seven languages.

Spelled as they are written, with accents; `lexicon` folds them. A comma parts phrases. A longer phrase wins
over a shorter one, so "directeur général" is not a "directeur" and a "product owner" owns nothing.
"""

from aicmo_dagster.campaign.icp import Department, Level

RANKS: dict[Level, str] = {
    "owner": """
        founder, cofounder, co founder, founding partner, managing principal, founding principal, owner, co
        owner, coowner, proprietor, proprietress, business owner, owner operator, entrepreneur, managing
        partner, senior partner, equity partner, general partner, name partner, junior partner, shareholder,
        fondateur, fondatrice, cofondateur, cofondatrice, co fondateur, co fondatrice, propriétaire, chef d
        entreprise, cheffe d entreprise, associé gérant, associée gérante, associé, associée, associé
        fondateur, associée fondatrice, gérant associé, actionnaire, entrepreneuse, patron, patronne,
        gründer, mitgründer, inhaber, mitinhaber, eigentümer, gesellschafter, unternehmer,
        geschäftsführender gesellschafter, geschäftsführende gesellschafterin, gesellschafter
        geschäftsführer, geschäftsinhaber, firmeninhaber, firmengründer, fundador, fundadora, cofundador,
        cofundadora, co fundador, co fundadora, propietario, propietaria, dueño, dueña, empresario,
        empresaria, emprendedor, emprendedora, socio, socia, socio fundador, socia fundadora, socio
        director, socia directora, fondatore, cofondatore, co fondatore, titolare, contitolare,
        proprietario, proprietaria, imprenditore, imprenditrice, socio fondatore, socia fondatrice, socio
        amministratore, dono, dona, empreendedor, empreendedora, empresário, empresária, sócio, sócia, sócio
        gerente, sócia gerente, sócio fundador, sócia fundadora, sócio proprietário, sócia proprietária,
        sócio administrador, sócia administradora, proprietário, proprietária, oprichter, oprichtster,
        medeoprichter, mede oprichter, eigenaar, eigenaresse, mede eigenaar, medeeigenaar, directeur
        eigenaar, directeur grootaandeelhouder, ondernemer, onderneemster, vennoot, zelfstandig ondernemer,
        middenstander, winkelier, winkelhouder, caféhouder, restauranthouder, hotelhouder, pensionhouder,
        kroeghouder, herbergier, campinghouder, garagehouder, kroegbaas, aandeelhouder, eenmanszaak,
        innkeeper, shopkeeper, publican, landlord, hotelier, restaurateur, restauratrice, hôtelier,
        hôtelière, aubergiste, cafetier, gastwirt, kneipenwirt, gastronom, ladenbesitzer, ladeninhaber,
        einzelunternehmer, tendero, tendera, hotelero, hotelera, hostelero, hostelera, ristoratore,
        ristoratrice, albergatore, albergatrice, negoziante, esercente, ditta individuale, lojista,
        hoteleiro, hoteleira, empresário individual, empresario individual, entrepreneur individuel, titular
        pessoa física, titular pessoa jurídica, titular de empresa""",
    "c_level": """
        c level, c suite, cxo, md, managing director, general counsel, secretary general, board member,
        board director, member of the board, member of board, board of directors, member of the executive
        board, member of the management board, executive board member, management board, executive committee
        member, chairman, chairwoman, chairperson, chairman of the board, president, copresident, co
        president, chancellor, provost, superintendent of schools, school superintendent, secretary of
        state, permanent secretary, membro del consiglio di amministrazione, membre du conseil d
        administration, miembro del consejo de administración, membro do conselho de administração, mayor,
        governor, city manager, executive president, country president, président, présidente, directeur
        exécutif, directrice exécutive, gérant, gérante, cogérant, cogérante, dirigeant, dirigeante, membre
        du directoire, membre du comité exécutif, membre du comité de direction, administrateur délégué,
        administratrice déléguée, directeur gérant, directrice gérante, secrétaire général, secrétaire
        générale, maire, geschäftsführer, geschäftsführung, geschäftsleiter, geschäftsleitung, mitglied der
        geschäftsleitung, mitglied der geschäftsführung, mitglied des vorstands, mitglied des vorstandes,
        vorstand, vorständin, vorstandsvorsitzender, vorstandsvorsitzende, vorstandsmitglied,
        vorstandssprecher, sprecher des vorstands, sprecher der geschäftsführung, vorsitzender der
        geschäftsführung, vorsitzende der geschäftsführung, hauptgeschäftsführer, generaldirektor,
        generalsekretär, präsident, vorsitzender, vorsitzende, vorsitz, unternehmensleiter,
        unternehmensleitung, mitglied der geschäftsführenden direktion, aufsichtsrat, verwaltungsrat,
        verwaltungsrätin, aufsichtsratsvorsitzender, aufsichtsratsvorsitzende, oberbürgermeister,
        bürgermeister, intendant, presidente, presidenta, consejero delegado, consejera delegada,
        administrador único, administradora única, director gerente, directora gerente, director ejecutivo,
        directora ejecutiva, secretario general, secretaria general, alcalde, alcaldesa, miembro del
        consejo, consejero, consejera, amministratore delegato, amministratrice delegata, amministratore
        unico, amministratrice unica, amministratore, amministratrice, direttore esecutivo, direttrice
        esecutiva, segretario generale, consigliere di amministrazione, consigliere delegato, sindaco,
        diretor executivo, diretora executiva, diretor presidente, diretora presidente, presidente
        executivo, presidente executiva, administrador delegado, administradora delegada, administrador
        executivo, conselheiro de administração, secretário geral, prefeito, prefeita, algemeen directeur,
        algemeen directrice, gedelegeerd bestuurder, afgevaardigd bestuurder, bestuursvoorzitter,
        bestuurslid, bestuurder, directievoorzitter, directielid, lid van de directie, lid raad van bestuur,
        lid van de raad van bestuur, voorzitter raad van bestuur, raad van bestuur, voorzitter, zaakvoerder,
        zaakvoerster, statutair directeur, burgemeester, supervisory board, supervisory board member,
        conseil d administration, conseil de surveillance, conseil de direction, membre du conseil de
        surveillance, directoire, consiglio di amministrazione, consiglio amministrazione, consiglio di
        sorveglianza, collegio sindacale, consejo de administración, consejo de dirección, consejero
        independiente, consejero dominical, consejero ejecutivo, consejera independiente, conselho de
        administração, conselho fiscal, conselheiro fiscal, raad van commissarissen, raad van toezicht,
        commissaris, verwaltungsrates, verwaltungsrats, aufsichtsrates, aufsichtsrats, mitglied des
        aufsichtsrates, mitglied des verwaltungsrates, vorstandes, vorstands, administrador mancomunado,
        administradora mancomunada, administrador solidario, administradora solidaria, administradores
        mancomunados, administradores solidarios, adm unico, adm mancom, adm mancomunado, adm solid, adm
        solidar, adm solidario, cons deleg, cons del, cons del sol, cons del man, consejero del, con
        delegado, consejero delegado solidario, consejero delegado mancomunado, administrateur unique,
        administratore unico, bedrijfsbestuurder, medebestuurder, uitvoerend bestuurder, niet uitvoerend
        bestuurder""",
    "vp": """
        vp, svp, evp, avp, rvp, gvp, sevp, fvp, vice president, vice presidente, vice presidenta, vice
        chair, vice chairman, vice chairwoman, vice provost, vice chancellor, vice président, vice
        présidente, vizepräsident, vize präsident, vizepräsidentin""",
    "head": """
        head, hoofd, leiter, leitung, chief, principal, headmaster, headmistress, head teacher, headteacher,
        dean, rector, department chair, chief of staff, kanzler, dekan, rektor, chef de service, chef du
        service, chef de département, chef du département, chef de division, chef de bureau, chef de pôle,
        chef de cabinet, chef de la division, chef adjoint, cheffe de service, cheffe de département, cheffe
        de division, proviseur, proviseure, doyen, doyenne, jefe, jefa, capo, chefe, rektorin, preside,
        primario, reitor, reitora, decano, decana, afdelingsleider, kwartiermaker""",
    "director": """
        commissioner, diretores, directores, directeurs, direttori, director, directors, directress,
        associate partner, prokurist, prokurista, treasurer, comptroller, directeur, directrice, directeur
        associé, directrice associée, drh, dsi, daf, dircom, dir com, dga, direktor, direktion, direttore,
        direttrice, vicedirettore, vice direttore, condirettore, directora, subdirector, subdirectora,
        diretor, diretora, subdiretor, subdiretora, directivo, directiva, dirigente, superintendente,
        adjunct directeur, vicedirecteur""",
    "manager": """
        manager, manageress, manageuse, managers, mgr, gm, pm, superintendent, postmaster, prison warden,
        matron, führungskraft, gestor, gestora, gerente, gerenta, subgerente, subgerenta, responsable,
        responsabile, responsável, coresponsable, verantwortlicher, verantwortliche, verantwoordelijke,
        leidinggevende, cadre, quadro, financial controller, finance controller, group controller, corporate
        controller, plant controller, projektleiter, projektleitung, filialleiter, filialleitung, bauleiter,
        bauleitung, marktleiter, marktleitung, regionalleiter, gebietsleiter, gebietsverkaufsleiter,
        niederlassungsleiter, objektleiter, betriebsleiter, teilprojektleiter, bezirksleiter, storeleiter,
        shopleiter, storeleitung, hausleitung, restaurantleiter, küchenleitung, programmleiter,
        produktleiter, conducteur de travaux, conductrice de travaux, jefe de proyecto, jefa de proyecto,
        jefe de proyectos, jefa de proyectos, jefe de producto, jefa de producto, jefe de obra, jefa de
        obra, jefe de tienda, jefa de tienda, jefe de zona, jefa de zona, jefe de área, jefa de área,
        encargado de tienda, encargada de tienda, capo progetto, capoprogetto, capo area, capoarea, capo
        cantiere, capocantiere, store leader, chefe de projeto, chefe de projetos, chefe de loja, chefe de
        produto, projectleider, projectleidster, bedrijfsleider, bedrijfsleidster, vestigingsleider,
        winkelleider, uitvoerder, afdelingschef, filiaalleider, filiaalhouder""",
    "lead": """
        lead, leader, team lead, team leader, group leader, squad lead, supervisor, supervisora, forewoman,
        capitaine, kapitän, capitán, capitano, kapitein, capitão, contramestre, maestro de obra, encadrant,
        encadrante, foreman, charge nurse, shift lead, crew chief, chargehand, overseer, captain,
        superviseur, superviseuse, superviseure, chef d équipe, cheffe d équipe, contremaître, agent de
        maîtrise, teamlead, teamleiter, teamleitung, team leiter, teamchef, gruppenleiter, gruppenleitung,
        schichtleiter, schichtleitung, schichtführer, teamkoordinator, leitender, leitende, vorarbeiter,
        polier, meister, werkmeister, industriemeister, stationsleitung, wohnbereichsleitung, líder, jefe de
        equipo, jefa de equipo, jefe de turno, jefa de turno, encargado, encargada, capataz, capo squadra,
        caposquadra, capo turno, capoturno, capo reparto, caporeparto, capogruppo, supervisore, encarregado,
        encarregada, coordenador, coordenadora, chefe de equipa, chefe de equipe, chefe de turno,
        teamleider, teamleidster, team leider, ploegleider, ploegbaas, voorman, groepsleider,
        teamcoördinator, teammanager assistent""",
    "senior": """
        senior, sr, snr, staff engineer, staff software, distinguished, confirmé, confirmée, expérimenté,
        sênior, seniora, oberarzt, oberärztin, fellow""",
    "individual_contributor": "",
    "other": "",
}
"""`individual_contributor` are the crafts of `crafts`; `other` is what is left."""

ROLES: dict[tuple[Level, Department], str] = {
    ("owner", "general_management"): """
        founder, cofounder, co founder, owner, co owner, business owner, proprietor, entrepreneur,
        fondateur, fondatrice, cofondateur, cofondatrice, chef d entreprise, gründer, mitgründer, inhaber,
        unternehmer, fundador, fundadora, fondatore, titolare, oprichter, eigenaar""",
    ("c_level", "general_management"): """
        ceo, coceo, cbdo, cvo, co ceo, chief executive, chief strategy officer, pdg, dg, dgs, cao, cbo, cgo,
        gerente general, gerente geral, directeur général, directrice générale, président directeur général,
        présidente directrice générale, directeur général adjoint, directrice générale adjointe, directeur
        général délégué, directrice générale déléguée, directeur général des services, dga, director
        general, directora general, direttore generale, direttrice generale, diretor geral, diretora geral,
        direction générale, direzione generale, dirección general, direção geral, algemene directie""",
    ("c_level", "operations"): "coo",
    ("c_level", "finance"): "cfo",
    ("c_level", "engineering"): "cto",
    ("c_level", "it"): "cio, ciso, cdio, cito",
    ("c_level", "marketing"): "cmo",
    ("c_level", "sales"): "cro, cco",
    ("c_level", "product"): "cpo, cpto",
    ("c_level", "human_resources"): "chro",
    ("c_level", "legal"): "clo, general counsel",
    ("c_level", "data"): "cdo, cdao, caio",
    ("c_level", "health"): "cno",
    ("c_level", "other"): "cso, cxo",
    ("director", "human_resources"): "drh",
    ("director", "it"): "dsi",
    ("director", "finance"): "daf, comptroller, treasurer",
    ("director", "marketing"): "dircom, dir com",
    ("head", "general_management"): "chief of staff",
    ("head", "finance"): "chief accountant, chef comptable, cheffe comptable, hauptbuchhalter",
    ("head", "education"): """
        headmaster, headmistress, head teacher, headteacher, dean, rektor, rektorin, proviseur, proviseure,
        reitor, reitora, doyen""",
    ("head", "media"): """
        editor in chief, chief editor, managing editor, rédacteur en chef, rédactrice en chef, redactor
        jefe, redactora jefa, caporedattore, redator chefe, hoofdredacteur, chefredakteur""",
    ("head", "engineering"): "ingénieur en chef, ingénieure en chef, ingeniero jefe, ingegnere capo",
    ("head", "health"): "chefarzt, chefärztin, primario, primaria",
    ("lead", "operations"): """
        foreman, forewoman, contremaître, capataz, caposquadra, capo squadra, contramestre, maestro de obra,
        vorarbeiter,
        polier, werkmeister, industriemeister, schichtleiter, schichtleitung, schichtführer, voorman, ploegbaas,
        ploegleider,
        capo turno, capoturno, capo reparto, caporeparto, jefe de turno, jefa de turno, chefe de turno, crew chief,
        chargehand""",
    ("manager", "education"): "chef d établissement, cheffe d établissement",
    ("manager", "general_management"): "general manager, gm",
    ("manager", "sales"): """
        account manager, key account manager, kam, bdm, business development manager, chef des ventes,
        relationship manager, partner manager, category manager""",
    ("manager", "marketing"): "community manager, brand manager",
    ("c_level", "education"): "chancellor, provost",
    ("manager", "customer_success"): "customer success manager, csm",
    ("manager", "product"): """
        product manager, chef de produit, cheffe de produit, jefe de producto, jefa de producto,
        produktmanager""",
    ("manager", "operations"): """
        project manager, program manager, programme manager, projektleiter, projektleitung, projektmanager,
        chef de projet, cheffe de projet, chef de projets, jefe de proyecto, jefa de proyecto, jefe de
        proyectos, jefa de proyectos, capo progetto, capoprogetto, chefe de projeto, projectleider,
        projectleidster, projectmanager, bauleiter, bauleitung, conducteur de travaux, chef de chantier,
        jefe de obra, jefa de obra, capo cantiere, capocantiere, uitvoerder, store manager, shop manager,
        filialleiter, filialleitung, marktleiter, betriebsleiter, bedrijfsleider""",
    ("manager", "finance"): """
        financial controller, finance controller, group controller, corporate controller, plant controller""",
    ("manager", "administration"): "office manager, officemanager, office managerin",
}
"""Ranks that say their department as well."""
