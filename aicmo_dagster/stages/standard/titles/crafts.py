"""Names of crafts, in seven languages: who bears one does the work, and leads nobody by its name.

Spelled as they are written, with accents; `lexicon` folds them.
"""

from aicmo_dagster.campaign.icp import Department

CRAFTS: dict[Department, str] = {
    "general_management": "",
    "sales": """
        account executive, sales executive, ae, sdr, bdr, sales representative, sales rep, sales associate,
        salesperson, salesman, saleswoman, sales engineer, sales consultant, sales agent, sales assistant,
        sales development representative, business developer, presales consultant, realtor, real estate
        agent, broker, telemarketer, merchandiser, cashier, estate agent, insurance agent, client partner,
        area sales, field representative, commercial agent, commercial sédentaire, commercial itinérant,
        technico commercial, technico commerciale, vendeur, vendeuse, ingénieur commercial, ingénieure
        commerciale, ingénieur d affaires, ingénieure d affaires, attaché commercial, attachée commerciale,
        conseiller commercial, conseillère commerciale, conseiller de vente, conseillère de vente, chargé d
        affaires, chargée d affaires, délégué commercial, déléguée commerciale, agent commercial, agent
        immobilier, négociateur, caissier, caissière, hôte de caisse, verkäufer, handelsvertreter, kaufmann,
        kauffrau, kassierer, makler, immobilienmakler, einzelhandelskaufmann, vendedor, vendedora, agente
        comercial, asesor comercial, asesora comercial, ejecutivo de ventas, ejecutiva de ventas, ejecutivo
        de cuentas, ejecutiva de cuentas, dependiente, dependienta, cajero, cajera, agente inmobiliario,
        representante comercial, representante de ventas, delegado comercial, delegada comercial, venditore,
        venditrice, commesso, commessa, agente di commercio, agente immobiliare, agente di vendita,
        cassiere, cassiera, executivo de vendas, executiva de vendas, executivo de contas, executiva de
        contas, consultor de vendas, consultora de vendas, representante de vendas, balconista, corretor de
        imóveis, corretora de imóveis, promotor de vendas, verkoper, verkoopster, vertegenwoordiger,
        makelaar, kassamedewerker""",
    "marketing": """
        marketer, copywriter, publicist, spokesperson, press officer, growth hacker, social media
        specialist, chargé de communication, chargée de communication, attaché de presse, attachée de
        presse, rédacteur web, texter, pressesprecher, mediengestalter, publicista, comunicador,
        comunicadora, communicatieadviseur, woordvoerder, addetto stampa, porte parole""",
    "customer_success": """
        customer service representative, customer service agent, call center agent, customer support agent,
        customer advisor, conseiller clientèle, conseillère clientèle, chargé de clientèle, chargée de
        clientèle, téléconseiller, téléconseillère, kundenberater, kundenbetreuer, callcenteragent,
        teleoperador, teleoperadora, operatore call center, klantadviseur, atendente, operador de
        telemarketing, gestor de clientes""",
    "product": """
        product owner, productowner, po, product analyst, product specialist, responsable produit junior""",
    "engineering": """
        engineer, developer, software engineer, member of technical staff, programmer, architect, software
        architect, solution architect, solutions architect, coder, tester, test engineer, qa engineer,
        drafter, draftsman, draughtsman, technologist, hardware engineer, software developer, web developer,
        game developer, swe, engineer in training, cad technician, surveyor, ingénieur, ingénieure,
        développeur, développeuse, programmeur, programmeuse, architecte, dessinateur, dessinatrice,
        dessinateur projeteur, dessinatrice projeteuse, projeteur, ingénieur d études, géomètre, ingenieur,
        entwickler, programmierer, softwareentwickler, architekt, konstrukteur, techniker, bauzeichner,
        technischer zeichner, vermesser, ingeniero, ingeniera, desarrollador, desarrolladora, programador,
        programadora, arquitecto, arquitecta, delineante, proyectista, topógrafo, topógrafa, ingegnere,
        sviluppatore, sviluppatrice, programmatore, programmatrice, architetto, geometra, progettista,
        disegnatore, disegnatrice, perito, engenheiro, engenheira, desenvolvedor, desenvolvedora, arquiteto,
        arquiteta, projetista, desenhista, ontwikkelaar, softwareontwikkelaar, tekenaar, werkvoorbereider,
        constructeur""",
    "it": """
        system administrator, systems administrator, sysadmin, dba, database administrator, network
        engineer, network administrator, it specialist, it technician, computer technician, support
        engineer, systems engineer, systems analyst, security engineer, security analyst, cloud engineer,
        cloud architect, enterprise architect, network architect, it consultant, it support specialist,
        penetration tester, pentester, sap consultant, administrateur système, administrateur systèmes,
        administrateur réseau, administrateur systèmes et réseaux, technicien informatique, technicienne
        informatique, informaticien, informaticienne, technicien support, systemadministrator, informatiker,
        fachinformatiker, netzwerkadministrator, administrador de sistemas, administradora de sistemas,
        administrador de redes, administrador de base de datos, administrador de bases de datos,
        informático, técnico informático, técnico de sistemas, amministratore di sistema, sistemista,
        tecnico informatico, informatico, analista de sistemas, técnico de informática, administrador de
        banco de dados, systeembeheerder, netwerkbeheerder, applicatiebeheerder, functioneel beheerder,
        informaticus, analyste programmeur, webmaster, webmestre, web master, architecte cloud""",
    "data": """
        data analyst, data scientist, data engineer, data architect, statistician, data steward, machine
        learning engineer, mathematician, analyste de données, statisticien, statisticienne, datenanalyst,
        statistiker, analista de datos, científico de datos, estadístico, analista dati, statistico,
        analista de dados, cientista de dados, estatístico, data analist, statisticus""",
    "design": """
        designer, graphic designer, illustrator, art director, ux designer, ui designer, product designer,
        web designer, interior designer, fashion designer, stylist, artist, visual artist, animator,
        decorator, graphiste, designeuse, directeur artistique, directrice artistique, illustrateur,
        illustratrice, styliste, webdesigner, infographiste, décorateur, décoratrice, maquettiste, grafiker,
        grafikdesigner, gestalter, artdirektor, art direktor, künstler, produktdesigner, modedesigner,
        innenarchitekt, diseñador, diseñadora, director de arte, directora de arte, ilustrador, ilustradora,
        director artístico, diseñador gráfico, diseñadora gráfica, interiorista, grafico, stilista,
        illustratore, arredatore, direttore artistico, direttrice artistica, designer gráfico, designer
        gráfica, diretor de arte, diretora de arte, estilista, ontwerper, ontwerpster, vormgever, grafisch
        vormgever, artista""",
    "finance": """
        accountant, auditor, bookkeeper, controller, cpa, cfa, actuary, underwriter, trader, banker, teller,
        loan officer, financial analyst, tax advisor, appraiser, assessor, investor, financial advisor,
        financial adviser, payroll clerk, payroll specialist, accounting clerk, cost estimator, estimator,
        claims adjuster, economist, credit analyst, stockbroker, bursar, venture partner, comptable,
        contrôleur de gestion, contrôleuse de gestion, expert comptable, experte comptable, commissaire aux
        comptes, auditeur, auditrice, trésorier, trésorière, gestionnaire de paie, gestionnaire paie,
        conseiller financier, conseillère financière, banquier, banquière, aide comptable, économiste,
        conseiller en gestion de patrimoine, buchhalter, finanzbuchhalter, bilanzbuchhalter, steuerberater,
        steuerfachangestellter, steuerfachangestellte, wirtschaftsprüfer, bankkaufmann, bankkauffrau,
        lohnbuchhalter, revisor, volkswirt, finanzberater, contable, contador, contadora, tesorero,
        tesorera, banquero, asesor fiscal, asesora fiscal, asesor financiero, asesora financiera,
        economista, analista financiero, analista financiera, auxiliar contable, contabile, ragioniere,
        ragioniera, commercialista, revisore, revisore dei conti, tesoriere, bancario, bancaria, consulente
        finanziario, promotore finanziario, addetto contabilità, tesoureiro, tesoureira, contabilista,
        técnico de contas, bancário, bancária, analista financeiro, analista financeira, analista fiscal,
        analista contábil, auxiliar financeiro, boekhouder, boekhoudster, belastingadviseur,
        registeraccountant, bankier, fiscalist, accountant administratieconsulent, penningmeester""",
    "human_resources": """
        recruiter, hr business partner, hr generalist, hrbp, talent partner, people partner, headhunter, hr
        specialist, technical recruiter, recruitment consultant, hr assistant, personnel officer, chargé de
        recrutement, chargée de recrutement, chargé de mission rh, recruteur, recruteuse, chargé de
        formation, gestionnaire rh, personalreferent, personaler, personalsachbearbeiter, personalberater,
        recruiterin, reclutador, reclutadora, técnico de recursos humanos, técnica de recursos humanos,
        técnico de selección, selezionatore, selezionatrice, addetto risorse umane, consulente del lavoro,
        analista de recursos humanos, analista de rh, recrutador, recrutadora, personeelsfunctionaris,
        intercedent, personeelsadviseur""",
    "legal": """
        lawyer, company secretary, attorney, solicitor, barrister, counsel, paralegal, judge, notary, legal
        secretary, compliance officer, data protection officer, dpo, patent attorney, prosecutor,
        magistrate, legal counsel, legal advisor, law clerk, legal assistant, juriste, avocat, avocate,
        notaire, clerc de notaire, magistrat, juge, huissier, délégué à la protection des données, jurist,
        anwalt, rechtsanwalt, anwältin, rechtsanwältin, notar, richter, staatsanwalt, staatsanwältin,
        syndikus, syndikusrechtsanwalt, justiziar, datenschutzbeauftragter, datenschutzbeauftragte,
        rechtsanwaltsfachangestellte, patentanwalt, abogado, abogada, jurista, notario, notaria, juez,
        jueza, procurador, procuradora, asesor jurídico, asesora jurídica, asesor legal, asesora legal,
        avvocato, avvocata, notaio, giurista, giudice, magistrato, advogado, advogada, juiz, juíza, promotor
        de justiça, solicitador, assessor jurídico, assessora jurídica, advocaat, notaris, rechter,
        bedrijfsjurist, juridisch adviseur, officier van justitie, griffier""",
    "operations": """
        operator, machinist, driver, truck driver, forklift operator, warehouse worker, scrum master, agile
        coach, logistician, inspector, planner, scheduler, dispatcher, assembler, mechanic, electrician,
        plumber, welder, carpenter, technician, maintenance technician, millwright, packer, courier,
        delivery driver, production worker, laborer, labourer, handyman, janitor, custodian, painter, mason,
        roofer, fitter, installer, repairer, process engineer, production engineer, quality engineer,
        industrial engineer, manufacturing engineer, business analyst, expediter, fabricator, storekeeper,
        stocker, builder, glazier, tiler, bricklayer, plasterer, postman, stevedore, cleaner, caretaker,
        quality inspector, material handler, opérateur, opératrice, chauffeur, conducteur, conductrice,
        cariste, magasinier, magasinière, ouvrier, ouvrière, technicien, technicienne, mécanicien,
        mécanicienne, électricien, électricienne, plombier, soudeur, soudeuse, menuisier, maçon,
        logisticien, logisticienne, planificateur, manutentionnaire, facteur, livreur, couvreur, agent de
        production, agent de maintenance, préparateur de commandes, approvisionneur, approvisionneuse,
        gestionnaire de stock, fahrer, lkw fahrer, kraftfahrer, berufskraftfahrer, lagerist, lagerarbeiter,
        fachkraft für lagerlogistik, mechaniker, mechatroniker, elektriker, elektroniker, schlosser,
        schweißer, monteur, maurer, tischler, schreiner, maler, disponent, arbeiter, produktionsmitarbeiter,
        maschinenführer, hausmeister, zimmermann, dachdecker, klempner, installateur, dreher,
        zerspanungsmechaniker, anlagenführer, spediteur, handwerker, speditionskaufmann, conductor,
        conductora, chofer, chófer, operario, operaria, operador, operadora, almacenero, mozo de almacén,
        mecánico, mecánica, electricista, fontanero, soldador, albañil, carpintero, repartidor,
        transportista, obrero, técnico de mantenimiento, planificador, conserje, camionero, pintor, peón,
        autista, operaio, operaia, operatore, operatrice, magazziniere, magazziniera, meccanico,
        elettricista, idraulico, saldatore, muratore, falegname, corriere, camionista, manutentore,
        montatore, tornitore, imbianchino, custode, spedizioniere, motorista, operário, eletricista,
        encanador, pedreiro, carpinteiro, almoxarife, estoquista, ajudante, auxiliar de produção, auxiliar
        de serviços gerais, mecânico, torneiro, conferente, entregador, porteiro, zelador, canalizador,
        serralheiro, técnico de manutenção, vrachtwagenchauffeur, magazijnmedewerker, elektricien,
        loodgieter, lasser, timmerman, metselaar, productiemedewerker, heftruckchauffeur, schilder,
        conciërge, koerier, schoonmaker, stratenmaker, expediteur, capotreno, chef de train, jefe de tren,
        chefe de comboio, trambestuurder, busbestuurder, treinbestuurder, metrobestuurder, kraanbestuurder,
        vrachtwagenbestuurder, taxibestuurder, autobestuurder, staplerfahrer, staplerführer, kranführer,
        baggerführer, hygiéniste, treindienstleider, air traffic controller, contrôleur aérien, fluglotse,
        controlador aéreo, controllore di volo, luchtverkeersleider""",
    "procurement": """
        buyer, purchaser, purchasing agent, procurement specialist, acheteur, acheteuse, einkäufer,
        comprador, compradora, compratore, inkoper, sourcing specialist""",
    "research": """
        scientist, researcher, research associate, research assistant, research scientist, chemist,
        biologist, physicist, postdoc, postdoctoral researcher, research fellow, lab technician, laboratory
        technician, geologist, ecologist, sociologist, anthropologist, historian, archaeologist, astronomer,
        principal investigator, microbiologist, biochemist, meteorologist, zoologist, botanist, chercheur,
        chercheuse, scientifique, chimiste, biologiste, physicien, physicienne, technicien de laboratoire,
        doctorant, doctorante, ingénieur de recherche, chargé de recherche, chargée de recherche,
        sociologue, historien, historienne, forscher, wissenschaftler, wissenschaftlicher mitarbeiter,
        wissenschaftliche mitarbeiterin, chemiker, biologe, biologin, physiker, laborant, doktorand,
        doktorandin, geologe, historiker, chemielaborant, investigador, investigadora, científico,
        científica, químico, química, biólogo, bióloga, físico, técnico de laboratorio, geólogo,
        historiador, sociólogo, ricercatore, ricercatrice, scienziato, chimico, biologo, fisico, tecnico di
        laboratorio, geologo, pesquisador, pesquisadora, cientista, onderzoeker, wetenschapper, chemicus,
        bioloog, natuurkundige, promovendus, laboratoriummedewerker, analist laboratorium""",
    "administration": """
        receptionist, clerk, administrator, administrateur, administratrice, administrador, administradora,
        administrative assistant, office assistant, office clerk, typist, data entry clerk, office
        administrator, secretary, virtual assistant, executive assistant, personal assistant, ea, pa, file
        clerk, registrar, archivist, librarian, agent administratif, agente administrative, employé
        administratif, employée administrative, réceptionniste, standardiste, hôtesse d accueil,
        gestionnaire administratif, gestionnaire administrative, assistante de direction, assistant de
        direction, archiviste, documentaliste, sachbearbeiter, bürokaufmann, bürokauffrau, rezeptionist,
        empfangsmitarbeiter, bürokraft, kaufmann für büromanagement, kauffrau für büromanagement,
        verwaltungsfachangestellter, verwaltungsfachangestellte, verwaltungsangestellter,
        verwaltungsangestellte, beamter, beamtin, auxiliar administrativo, auxiliar administrativa,
        asistente administrativo, asistente administrativa, recepcionista, oficinista, funcionario,
        funcionaria, impiegato, impiegata, impiegato amministrativo, impiegata amministrativa,
        centralinista, archivista, assistente administrativo, assistente administrativa, escriturário,
        escriturária, técnico administrativo, agente administrativo, analista administrativo, administratief
        medewerker, receptioniste, baliemedewerker, telefoniste""",
    "health": """
        nurse, registered nurse, rn, lpn, cna, physician, doctor, surgeon, dentist, pharmacist, therapist,
        physiotherapist, physical therapist, psychologist, psychiatrist, veterinarian, paramedic, midwife,
        caregiver, dietitian, nutritionist, optometrist, radiologist, nurse practitioner, medical assistant,
        anesthesiologist, cardiologist, dermatologist, pediatrician, orthodontist, chiropractor, hygienist,
        phlebotomist, sonographer, pathologist, emt, health visitor, carer, optician, massage therapist,
        home health aide, nursing assistant, dental assistant, orderly, osteopath, infirmier, infirmière,
        médecin, chirurgien, chirurgienne, dentiste, pharmacien, pharmacienne, kinésithérapeute,
        psychologue, sage femme, aide soignant, aide soignante, vétérinaire, préparateur en pharmacie,
        orthophoniste, ergothérapeute, opticien, opticienne, ambulancier, ostéopathe, auxiliaire de vie,
        psychiatre, cadre infirmier, diététicienne, arzt, ärztin, facharzt, fachärztin, assistenzarzt,
        assistenzärztin, assistenzarztin, krankenpfleger, krankenschwester, pflegefachkraft, pflegefachmann,
        pflegefachfrau, altenpfleger, pfleger, hebamme, apotheker, zahnarzt, zahnärztin, tierarzt,
        tierärztin, physiotherapeut, psychologe, psychologin, therapeut, medizinische fachangestellte,
        medizinischer fachangestellter, notfallsanitäter, rettungssanitäter, pharmazeut, psychotherapeut,
        logopäde, logopädin, ergotherapeut, augenoptiker, heilpraktiker, pflegehelfer, gesundheits und
        krankenpfleger, pflegekraft, zahnmedizinische fachangestellte, enfermero, enfermera, médico, médica,
        doctor en medicina, cirujano, cirujana, odontólogo, odontóloga, farmacéutico, farmacéutica,
        fisioterapeuta, psicólogo, psicóloga, veterinario, veterinaria, auxiliar de enfermería, dentista,
        óptico, nutricionista, psiquiatra, logopeda, celador, celadora, infermiere, infermiera, medico,
        medica, dottore, chirurgo, chirurga, odontoiatra, farmacista, psicologo, psicologa, ostetrica, oss,
        operatore socio sanitario, logopedista, dirigente medico, medico chirurgo, tecnico di radiologia,
        igienista dentale, psichiatra, nutrizionista, enfermeiro, enfermeira, cirurgião, cirurgiã,
        farmacêutico, farmacêutica, médico veterinário, técnico de enfermagem, técnica de enfermagem,
        auxiliar de enfermagem, cuidador, cuidadora, parteira, veterinário, terapeuta, fonoaudiólogo,
        fonoaudióloga, biomédico, biomédica, verpleegkundige, verzorgende, huisarts, tandarts, chirurg,
        fysiotherapeut, psycholoog, verloskundige, dierenarts, tandartsassistente, doktersassistente,
        specialist ouderengeneeskunde, psychiater, logopedist, diëtist, apothekersassistente""",
    "education": """
        teacher, professor, lecturer, instructor, tutor, educator, trainer, coach, teaching assistant,
        school counselor, assistant professor, associate professor, adjunct professor, substitute teacher,
        instructional designer, academic advisor, childcare worker, head coach, assistant coach, guidance
        counselor, visiting professor, enseignant, enseignante, professeur, professeure, instituteur,
        institutrice, formateur, formatrice, maître de conférences, éducateur, éducatrice, professeur des
        écoles, animateur, animatrice, chargé d enseignement, assistante maternelle, conseiller d
        orientation, enseignant chercheur, moniteur, monitrice, auxiliaire de puériculture, lehrer,
        lehrkraft, dozent, erzieher, ausbilder, juniorprofessor, pädagoge, pädagogin, sozialpädagoge,
        sozialpädagogin, studienrat, studienrätin, grundschullehrer, hochschullehrer, kinderpfleger,
        privatdozent, nachhilfelehrer, oberstudienrat, heilerziehungspfleger, profesor, profesora, maestro,
        maestra, docente, formador, formadora, educador, educadora, catedrático, catedrática, monitor,
        monitora, entrenador, entrenadora, insegnante, maestro elementare, professore, professoressa,
        formatore, educatore, educatrice, istruttore, istruttrice, assistente universitario, allenatore,
        professor universitário, professora, instrutor, instrutora, pedagogo, pedagoga, treinador,
        treinadora, orientador, leraar, lerares, docent, leerkracht, hoogleraar, universitair docent,
        pedagogisch medewerker, opleider, onderwijsassistent, leerkracht basisonderwijs, instructeur, intern
        begeleider, cursusleider, kursleiter""",
    "media": """
        journalist, editor, reporter, photographer, videographer, producer, writer, author, musician, actor,
        actress, director of photography, dop, film director, video editor, film editor, broadcaster,
        presenter, anchor, news anchor, announcer, cameraman, camera operator, sound engineer, translator,
        interpreter, casting director, music director, musical director, stage director, theatre director,
        theater director, choir director, singer, dancer, composer, photography director, filmmaker,
        cinematographer, screenwriter, choreographer, dj, podcaster, blogger, model, content creator,
        lighting director, executive producer, copy editor, proofreader, disc jockey, technical writer, band
        director, motion picture director, journaliste, rédacteur, rédactrice, photographe, vidéaste,
        réalisateur, réalisatrice, monteur vidéo, traducteur, traductrice, interprète, directeur de la
        photographie, directrice de la photographie, comédien, comédienne, acteur, actrice, musicien,
        musicienne, écrivain, écrivaine, metteur en scène, chef opérateur, chef d orchestre, cadreur,
        auteur, autrice, chanteur, chanteuse, danseur, danseuse, redakteur, fotograf, regisseur, kameramann,
        kamerafrau, autor, schriftsteller, übersetzer, dolmetscher, schauspieler, musiker, moderator,
        cutter, lektor, sänger, tänzer, dirigent, bildhauer, tontechniker, periodista, redactor, redactora,
        fotógrafo, fotógrafa, realizador, realizadora, director de fotografía, directora de fotografía,
        traductor, traductora, intérprete, músico, escritor, escritora, productor audiovisual, camarógrafo,
        director de cine, director de teatro, directora de teatro, director de escena, directora de escena,
        diretor de teatro, diretora de teatro, locutor, locutora, director de orquesta, guionista, cantante,
        giornalista, redattore, redattrice, fotografo, fotografa, regista, direttore della fotografia,
        direttore di fotografia, traduttore, traduttrice, attore, attrice, musicista, scrittore, scrittrice,
        montatore video, direttore d orchestra, sceneggiatore, interprete, jornalista, redator, redatora,
        diretor de fotografia, diretora de fotografia, diretor de cinema, tradutor, tradutora, ator, atriz,
        videógrafo, cineasta, produtor cultural, produtor de conteúdo, locutor de rádio, redacteur,
        verslaggever, fotograaf, vertaler, tolk, schrijver, muzikant, eindredacteur, zanger, danser, radio
        director, television director, tv director, documentary director, video director, drama director,
        director de televisión, director de radio, regista televisivo, regista radiofonico, diretor de
        televisão, radioregisseur, tv regisseur, filmregisseur, televisieregisseur, theaterregisseur""",
    "other": """
        chef, cook, sous chef, head chef, executive chef, chef de partie, chef de cuisine, chef de rang,
        commis de cuisine, pastry chef, head cook, waiter, waitress, bartender, barista, baker, butcher,
        server, host, hostess, bellhop, concierge, housekeeper, flight attendant, pilot, hairdresser,
        barber, beautician, cosmetologist, funeral director, cruise director, police officer, firefighter,
        soldier, guard, security guard, security officer, farmer, gardener, landscaper, florist, social
        worker, counselor, pastor, priest, athlete, fisherman, tailor, jeweler, personal trainer, lifeguard,
        tour guide, travel agent, dishwasher, maid, babysitter, nanny, politician, senator, councillor,
        counsellor, minister, diplomat, ambassador, detective, sheriff, sommelier, maitre d, sailor, seaman,
        sergeant, lieutenant, miner, rancher, groom, undertaker, mortician, correctional officer, probation
        officer, bus boy, warden, wethouder, schepen, alderman, cuisinier, cuisinière, serveur, serveuse,
        barman, barmaid, boulanger, boulangère, pâtissier, pâtissière, boucher, bouchère, coiffeur,
        coiffeuse, esthéticienne, pompier, policier, policière, gendarme, agriculteur, agricultrice,
        jardinier, jardinière, paysagiste, pilote de ligne, hôtesse de l air, steward, assistant social,
        assistante sociale, agent de sécurité, femme de ménage, femme de chambre, gouvernante, chef
        pâtissier, second de cuisine, commis, député, députée, maître d hôtel, fleuriste, agent d entretien,
        agent d escale, militaire, éleveur, koch, köchin, küchenchef, souschef, kellner, bäcker, metzger,
        fleischer, konditor, friseur, kosmetiker, polizist, feuerwehrmann, landwirt, gärtner,
        sozialarbeiter, flugbegleiter, zugbegleiter, fahrdienstleiter, reinigungskraft, hotelfachfrau,
        hotelfachmann, soldat, pfarrer, wachmann, barkeeper, restaurantfachmann, restaurantfachfrau,
        goldschmied, schneider, winzer, förster, triebfahrzeugführer, lokführer, zugführer, reiseleiter,
        hundeführer, cocinero, cocinera, camarero, camarera, panadero, panadera, carnicero, peluquero,
        peluquera, policía, bombero, agricultor, jardinero, azafata, piloto, vigilante de seguridad,
        trabajador social, trabajadora social, limpiador, limpiadora, empleada doméstica, esteticista,
        militar, sastre, guía turístico, guardia civil, jefe de cocina, jefa de cocina, pastelero, ganadero,
        barrendero, cuoco, cuoca, capocuoco, cameriere, cameriera, panettiere, pasticcere, pasticciera,
        macellaio, parrucchiere, parrucchiera, estetista, poliziotto, carabiniere, vigile del fuoco,
        agricoltore, giardiniere, assistente sociale, assistente di volo, guardia giurata, addetto alle
        pulizie, chef di cucina, collaboratrice domestica, sarto, bagnino, pizzaiolo, militare, guida
        turistica, aiuto cuoco, lavapiatti, cozinheiro, cozinheira, garçom, garçonete, empregado de mesa,
        empregada de mesa, padeiro, padeira, confeiteiro, açougueiro, cabeleireiro, cabeleireira, policial,
        bombeiro, jardineiro, assistente social, comissário de bordo, comissária de bordo, vigilante,
        faxineiro, faxineira, empregada doméstica, manicure, chefe de cozinha, barbeiro, kok, chef kok,
        kelner, ober, bakker, slager, kapper, kapster, schoonheidsspecialiste, politieagent, brandweerman,
        boer, tuinman, hovenier, maatschappelijk werker, piloot, stewardess, beveiliger, schoonmaakster,
        banketbakker, bloemist, gastheer, gastvrouw, militair, jongerenwerker, agent van politie, dominee,
        barmedewerker, fremdenführer, reiseführer, stadtführer, bergführer, reisleider, reisleidster, gids,
        guía de turismo, guide touristique, accompagnatore turistico, guia turístico, guia de turismo""",
}

ANY_CRAFTS = """
        analyst, artisan, artesano, artesana, artesão, artigiano, artigiana, handwerksgeselle, gehilfe,
        gehilfin, wart, schmied, matrose, matrosin, matelot, fiscal, guarda, guardia, árbitro, guía, guide,
        maître, maîtresse, soldate, commerçant, commerçante, comerciante, personal de limpieza, atleta,
        membro da tripulação, crew, dealer, publicitário, maquinista, mathématicien, matemático, astrónomo,
        filósofo, botánico, gendarme, advocate, missionary, technicus, technica, consultant, advisor,
        adviser, specialist, coordinator, associate, representative, rep, officer, agent, executive, expert,
        generalist, worker, employee, staff, assistant, aide, intern, trainee, apprentice, freelancer,
        freelance, contractor, practitioner, professional, strategist, partner, evangelist, facilitator,
        mentor, auditor, apprenticeship, internship, member of staff, team member, crew member, attendant,
        helper, handler, processor, examiner, delegate, liaison, fellow, resident, management trainee,
        graduate trainee, working student, adjunct, civil servant, public servant, project coordinator,
        project engineer, project officer, program coordinator, customer advisor, editorial assistant, art
        handler, chargé, chargée, attaché, attachée, conseiller, conseillère, consultante, assistante,
        analyste, agente, employé, employée, adjoint, adjointe, stagiaire, alternant, alternante, apprenti,
        apprentie, référent, référente, coordinateur, coordinatrice, coordonnateur, coordonnatrice,
        gestionnaire, commercial, collaborateur, collaboratrice, intervenant, indépendant, indépendante,
        spécialiste, auxiliaire, délégué, déléguée, inspecteur, inspectrice, fonctionnaire, salarié,
        salariée, intérimaire, représentant, représentante, médiateur, médiatrice, chargé de mission,
        chargée de mission, chargé de projet, chargée de projet, mitarbeiter, angestellter, angestellte,
        referent, berater, sachbearbeitung, fachkraft, fachmann, fachfrau, spezialist, experte, expertin,
        koordinator, assistent, assistenz, praktikant, auszubildender, auszubildende, azubi, werkstudent,
        beauftragter, beauftragte, volontär, aushilfe, helfer, facharbeiter, freiberufler, freiberuflich,
        kraft, fachangestellter, fachangestellte, mitarbeit, unternehmensberater, gutachter,
        sachverständiger, betreuer, begleiter, stellvertreter, vertreter, bediensteter, fachwirt,
        betriebswirt, anwendungsberater, vertriebler, teamassistenz, teamassistent, técnico, técnica,
        asesor, asesora, analista, auxiliar, asistente, ayudante, especialista, consultor, consultora,
        ejecutivo, ejecutiva, empleado, empleada, becario, becaria, coordinador, coordinadora,
        representante, experto, experta, gestor administrativo, gestor comercial, gestor de cobros,
        aprendiz, trabajador, trabajadora, delegado, delegada, oficial, inspector, inspectora,
        administrador, administradora, profesional, técnico superior, practicante, pasante, promotor,
        promotora, colaborador, colaboradora, interventor, addetto, addetta, impiegato, impiegata,
        consulente, collaboratore, specialista, assistente, tecnico, coordinatore, referente, stagista,
        tirocinante, apprendista, operatore, esperto, esperta, funzionario, funzionaria, dipendente, libero
        professionista, aiuto, ausiliario, ausiliaria, incaricato, incaricata, ispettore, ispettrice,
        preposto, praticante, lavoratore, lavoratrice, professionista, consigliere, delegato,
        rappresentante, assessor, assessora, estagiário, estagiária, funcionário, funcionária, servidor
        público, servidora pública, prestador de serviços, autarca, perito contábil, conselheiro,
        conselheira, inspetor, inspetora, executivo, executiva, empregado, empregada, comissionista,
        medewerker, adviseur, consulent, stagiair, coördinator, begeleider, beheerder, ambtenaar, leerling,
        functionaris, vrijwilliger, deskundige, beleidsmedewerker, beleidsadviseur, zzp er, zzp, bediende,
        werknemer, arbeider, vakman, hulp, kracht, uitzendkracht, gemachtigde, secretaris, begeleidster,
        bewaker, controleur"""
"""Names of workers that say no department of their own."""
