"""Beginnings of words that say a department, and words that say how rather than what."""

from aicmo_dagster.campaign.icp import Department

STEMS: dict[Department, str] = {
    "sales": """
        vertrieb, verkauf, verkoop, vendit, vendas, sales, accountmanag, akquise, kundenberat""",
    "marketing": """
        marketing, kommunikation, werbe, communicatie, presse, onlinemarketing, reclame, brand,
        öffentlichkeit""",
    "customer_success": "kunden, klant, callcenter, customer",
    "product": "produktmanag, productmanag, produktentwickl",
    "engineering": """
        software, entwicklung, konstruktion, technik, elektro, maschinenbau, bauingenieur, webentwick,
        webdevelop, techniek, engineer, mechatron""",
    "it": "informati, netzwerk, systemadmin, itsystem, cyber, netwerk, systeem",
    "data": "daten, data, statisti",
    "design": "grafik, grafisch, design, webdesign, mediengestalt",
    "finance": """
        finan, buchhalt, steuer, bilanz, comptab, contab, contáb, konten, kredit, bank, versicherung,
        rechnungs, lohn, boekhoud, belasting, hypothe, treasur, fiskal, revision, controlling, audit""",
    "human_resources": "personal, recruit, recrut, reclut, personeel, talent, ausbildungs",
    "legal": "recht, jurid, juríd, datenschutz, legal, compliance",
    "operations": """
        produktion, fertigung, logisti, lager, qualität, instandhaltung, betriebs, montage, maschinen,
        projekt, project, bau, productie, magazijn, kwaliteit, onderhoud, werkstatt, filial, markt,
        transport, bouw, werks, supply, manufactur, warehous, schweiß""",
    "procurement": "einkauf, einkäuf, beschaffung, inkoop, procure, purchas",
    "research": "forschung, labor, wissenschaft, onderzoek, laborator",
    "administration": """
        verwaltung, büro, sekret, administrat, amministrat, secretar, secrét, segretar, empfang,
        vorstandsassist, direktionsassist, management assist, managementassist, directiesecret""",
    "health": """
        anesth, anäst, cardi, kardi, dermat, derm, onco, gyn, ophthal, urolog, patholog, patolog, psych,
        psic, psico, audiolog, endocrin, gastroent, hemat, pediatr, paediatr, pflege, kranken, medizin,
        klinik, ärzt, arzt, zahn, gesundheit, zorg, verpleeg, verpleg, medisch, therap, pharma, apothek,
        infirm, enferm, kardio, radio, neuro, onko, tierarzt""",
    "education": "schul, lehr, bildung, onderwijs, pädagog, kita, kindergarten, hochschul, ausbild",
    "media": "redakt, redact, film, fotogra, photogra, medien, rundfunk, journal",
    "other": """
        küche, hotel, gastro, restaurant, immobilien, sicherheit, polizei, feuerwehr, landwirt, sozial,
        reinigung, vastgoed, beveilig""",
}
"""Beginnings of words, longest first wins; for what German and Dutch write as one word."""

WEAK = """
        technical, technique, tecnico, tecnica, technisch, technischer, technische, digital, operations,
        ops, operational, operation, operativo, operativa, operacional, planning, process, delivery,
        project, projects, office, administrative, administratif, administrativo, administrativa, care,
        service, customer, customers, client, clients, web, mobile, online, strategy, content, event,
        events, community, program, programs, programme, environmental, food, test, insights, media,
        culture, platform, platforms, performance, learning, projet, projets, proyecto, proyectos, projeto,
        progetto, projekt, store, site, industrial, quality, qualität, qualité, calidad, digitalisation,
        agence, transformation, innovation, development, account, accounts, commercial, planta, plant,
        personal, administrator, administrateur, administratrice, administrador, administradora, technician,
        technicien, technicienne, operator, opérateur, opératrice, operador, operadora, operatore,
        operatrice, clerk, inspector, inspecteur, techniker, técnico, técnica, controller, retail,
        formation, research, ufficio, büro, bureau, kantoor, dienst, kaufmännisch, kaufmännischer,
        kaufmännische, projetos, progetti, projekte, projecten, projectos, proyectos y obras, processo,
        proces, prozess, processus, proceso, machine, machines, market, markets, handel, commerce, social,
        strategic, stratégique, strategisch, estratégico, estratégica, strategico, strategica, information,
        energy, energie, city, town, studies, estudios, studi, estudos, set, location, milieu, post, import,
        documentation, planung, planification, pianificazione, industrie, industria, category, installation,
        training, formazione, formación, formação, opleiding, employee, sachbearbeiter, impiegato,
        impiegata, employé administratif, funcionario, funcionaria, beamter, beamtin, technologie,
        technology, technologies, tecnología, tecnologia, mode, water, port, bus, works, work,
        développement, desarrollo, sviluppo, desenvolvimento, entwicklung, ontwikkeling, metal, technicus,
        bank, clientèle, mercado, chemical"""
"""Fields that say how rather than what: the other departments of a role go before them."""
