"""Words of departments: what a title is about, in seven languages.

Spelled as they are written, with accents; `lexicon` folds them.
"""

from aicmo_dagster.campaign.icp import Department

FIELDS: dict[Department, str] = {
    "general_management": """
        planejamento estratégico, planificación estratégica, pianificazione strategica, planification
        stratégique, corporate planning, strategy, strategic planning, corporate strategy, corporate
        development, mergers and acquisitions, m and a, general management, business administration,
        stratégie, strategie, estrategia, estratégia, strategia, unternehmensentwicklung,
        unternehmensleitung, allgemeine verwaltung, business unit, transformation""",
    "sales": """
        sales, retail, presales, pre sales, inside sales, field sales, business development, biz dev,
        bizdev, bd, new business, business dev, account management, accounts management, key account, key
        accounts, account, accounts, revenue, commercial, commercials, partnerships, partnership, partner,
        partners, alliances, channel, channels, go to market, gtm, sales operations, sales ops, revenue
        operations, rev ops, revops, sales enablement, lead generation, lead gen, lead management, dealer,
        franchise, wholesale, pricing, vente, ventes, commerciale, commerciaux, développement commercial,
        grands comptes, clientèle, adv, administration des ventes, ventas, comercial, comerciales,
        desarrollo de negocio, desarrollo de negocios, grandes cuentas, vendite, commerciali, sviluppo
        commerciale, grandi clienti, vendas, comerciais, desenvolvimento de negócios, novos negócios,
        grandes contas, negócios, verkoop, commercieel, commerciële, accountmanagement, außendienst,
        innendienst, vertriebsinnendienst, großkunden, geschäftsentwicklung, salon de vente, export, import
        export, customer acquisition, software sales, medical sales, technical sales, client development,
        account executive""",
    "marketing": """
        publicité, publicidade, werbung, membership, marketing, brand, branding, brands, communications,
        communication, comms, public relations, pr, advertising, content, social media, seo, sem, sea, ppc,
        growth, demand generation, demand gen, product marketing, e commerce, ecommerce, digital marketing,
        performance marketing, crm, campaign, campaigns, events, event, media relations, corporate
        communications, public affairs, publicity, community management, promotion, promotions, market
        research, field marketing, trade marketing, online marketing, email marketing, marketing operations,
        sales marketing, affiliate, digital, influencer, copywriting, loyalty, sponsorship, press, consumer
        insights, mercadeo, comunicación, publicidad, mercadotecnia, comunicaciones, relaciones públicas,
        comunicazione, pubblicità, comunicação, relações públicas, communications externes, relations
        publiques, relations presse, presse, communicatie, reclame, voorlichting, öffentlichkeitsarbeit,
        unternehmenskommunikation, kommunikation, evenementen, mídias sociais, redes sociales, redes
        sociais, evenementiel, événementiel, marca, marque""",
    "customer_success": """
        customer success, customer service, customer support, customer care, customer experience, cx, client
        services, client service, client success, client relations, customer relations, customer, customers,
        client, clients, client support, call center, call centre, contact center, contact centre, help
        line, helpline, onboarding, user support, service client, relation client, relations clients,
        service clients, expérience client, kundenservice, kundendienst, kundenbetreuung, kundenberatung,
        kundenerfolg, kundensupport, atención al cliente, servicio al cliente, experiencia de cliente,
        atención al público, clientes, cliente, assistenza clienti, servizio clienti, clienti, atendimento
        ao cliente, sucesso do cliente, atendimento, apoio ao cliente, klantenservice, klantcontact,
        klantbeheer, klant, klanten, guest relations, guest services, after sales, aftersales, post sales,
        après vente, sav""",
    "product": """
        product, products, product management, product development, product owner, roadmap, product
        strategy, produit, produits, producto, productos, prodotto, prodotti, produto, produtos, produkt,
        produkte, produktmanagement, produktentwicklung, productontwikkeling, productmanagement""",
    "engineering": """
        eng, dev, engineering, software, software development, software engineering, technology,
        technologies, tech, technical, devops, dev ops, devsecops, sre, platform, platforms, frontend, front
        end, backend, back end, full stack, fullstack, mobile, ios, android, web, web development, qa, test,
        testing, test automation, embedded, firmware, hardware, electronics, mechanical, electrical, civil,
        structural, cloud engineering, site reliability, application development, applications development,
        game development, robotics, mechatronics, r and d engineering, python, java, javascript, php, net,
        technique, techniques, ingénierie, bureau d études, études, développement logiciel, logiciel,
        technik, entwicklung, softwareentwicklung, konstruktion, técnico, técnica, ingeniería, desarrollo,
        desarrollo de software, tecnología, tecnologia, tecnico, tecnica, ingegneria, sviluppo software,
        engenharia, desenvolvimento, desenvolvimento de software, techniek, technisch, technische,
        technischer, softwareontwikkeling, ontwikkeling, sviluppo, ufficio tecnico, progettazione""",
    "it": """
        tecnología de la información, tecnologías de la información y comunicación, tecnología de la
        información y las comunicaciones, tecnologías de la información y las comunicaciones, tecnologias da
        informação e comunicação, tecnologia da informação e comunicação, tic, tecnologías de información,
        it, information technology, information systems, information system, infrastructure, network,
        networks, networking, system administration, systems, cyber, cybersecurity, cyber security,
        information security, infosec, security operations, it security, cloud, helpdesk, help desk, service
        desk, desktop support, technical support, tech support, it support, it operations, erp, sap,
        salesforce, servicenow, database, databases, digital transformation, enterprise architecture,
        enterprise applications, business systems, computer, telecommunications, telecom, ict, edv,
        informatique, systèmes d information, système d information, si, réseaux, réseau, cybersécurité,
        transformation digitale, transformation numérique, numérique, digitalisation, digitalisierung,
        informatik, netzwerk, systemadministration, informationssicherheit, it sicherheit, informática,
        sistemas, sistemas de información, redes, seguridad informática, ciberseguridad, ti, transformación
        digital, informatica, sistemi informativi, sistemi, reti, sicurezza informatica, trasformazione
        digitale, tecnologia da informação, tecnologia de informação, segurança da informação,
        automatisering, informatievoorziening, beheer, netwerken, applicatiebeheer, functioneel beheer,
        tecnologías de la información, tecnologie informatiche""",
    "data": """
        data, analytics, business intelligence, bi, data science, data engineering, machine learning, ml,
        ai, artificial intelligence, deep learning, nlp, computer vision, statistics, insights, big data,
        data governance, data management, data analytics, advanced analytics, intelligence artificielle,
        données, künstliche intelligenz, ki, daten, datos, inteligencia artificial, ciencia de datos, dati,
        intelligenza artificiale, dados, ciência de dados, inteligência artificial, ia, gegevens,
        kunstmatige intelligentie, genai, data warehouse, mlops""",
    "design": """
        design, ux, ui, user experience, user interface, graphic, graphics, visual, interaction design,
        creative, industrial design, product design, interior design, fashion, art, diseño, diseño gráfico,
        grafica, progettazione grafica, création, design graphique, gestaltung, grafik, vormgeving,
        creación, creativo, creativa, criação, direction artistique, web design, service design, design
        research, ux research, user research""",
    "finance": """
        kaufmännisch, kaufmännischer, kaufmännische, riscos, risques, riesgos, rischi, risiko, risico,
        asset, assets, fonds, portfolios, portefeuille, banco, bancos, bancaire, bancário, bancarios,
        bancaria, banche, bancario, finance, finances, financial, accounting, accounts payable, accounts
        receivable, ap, ar, tax, taxes, taxation, audit, internal audit, treasury, controlling, fp and a,
        fpa, investor relations, investment, investments, risk, risk management, credit, billing, payroll,
        bookkeeping, banking, wealth management, private equity, equity, asset management, portfolio,
        portfolio management, fund, funds, trading, capital markets, mortgage, loan, loans, lending,
        underwriting, actuarial, budget, collections, revenue accounting, cost, financial planning, private
        banking, venture capital, corporate finance, insurance, claims, retail banking, commercial banking,
        investment banking, corporate banking, financier, financière, financiers, comptabilité, contrôle de
        gestion, trésorerie, fiscalité, fiscal, paie, banque, gestion de patrimoine, administratif et
        financier, administrative et financière, assurance, crédit, finanzen, rechnungswesen, buchhaltung,
        steuern, finanzbuchhaltung, kreditoren, debitoren, bank, revision, versicherung, lohnbuchhaltung,
        entgeltabrechnung, finanz, vermögensberatung, anlageberatung, finanzas, contabilidad, tesorería,
        impuestos, auditoría, control de gestión, nóminas, financiero, financiera, administración y
        finanzas, seguros, banca, créditos, cobranza, finanza, contabilità, tesoreria, controllo di
        gestione, fiscale, amministrazione finanza e controllo, amministrazione e finanza, finanziario,
        finanziaria, assicurazioni, finanças, contabilidade, tesouraria, fiscalidade, controladoria,
        financeiro, financeira, contas a pagar, contas a receber, auditoria, crédito, faturamento,
        financiën, boekhouding, belastingen, financieel, financiële, salarisadministratie, verzekeringen,
        financiële administratie, debiteuren, crediteuren, hypotheken""",
    "human_resources": """
        human resources, hr, people, people operations, people ops, people and culture, talent, talent
        acquisition, recruiting, recruitment, staffing, compensation, benefits, compensation and benefits,
        learning and development, l and d, training and development, employee relations, employee
        experience, employer branding, diversity, inclusion, dei, labor relations, labour relations, hris,
        hrbp, personnel, culture, organizational development, organisational development, workforce, total
        rewards, rewards, ressources humaines, rh, recrutement, formation professionnelle, développement rh,
        personal, personalwesen, personalentwicklung, personalabteilung, recursos humanos, rrhh, rr hh,
        selección de personal, selección, capital humano, gestión del talento, talento humano, risorse
        umane, selezione del personale, formazione e sviluppo, personale, gente e gestão, gestão de pessoas,
        departamento pessoal, recrutamento, recrutamento e seleção, pessoas, hrm, personeelszaken, p and o,
        werving, werving en selectie, personeel, human capital, human resource, dho""",
    "legal": """
        legal, law, compliance, regulatory, regulatory affairs, privacy, data protection, contracts,
        contract management, intellectual property, patents, patent, governance, litigation, legal affairs,
        anti money laundering, aml, kyc, ethics, juridique, affaires juridiques, conformité, droit, affaires
        réglementaires, recht, rechtsabteilung, datenschutz, jurídico, jurídica, asesoría jurídica, asuntos
        legales, cumplimiento, legale, affari legali, affari generali e legali, juridisch, juridische zaken,
        conformidade, assuntos regulatórios, protección de datos, protection des données""",
    "operations": """
        building, buildings, process management, manufacture, retail store, instalaciones, installations,
        distribución, distribuição, armazenagem, abastecimiento y distribución, tienda, tabakswinkel,
        maquinista, operations, ops, operational, operation, supply chain, logistics, logistic, warehouse,
        warehousing, production, manufacturing, plant, factory, quality, quality assurance, quality control,
        qhse, hse, ehs, safety, health and safety, maintenance, facilities, facility, facility management,
        project, projects, program, programs, programme, pmo, project management, process, processes,
        continuous improvement, lean, six sigma, operational excellence, fleet, distribution, transport,
        transportation, shipping, planning, delivery, service delivery, inventory, store, stores, retail
        operations, field service, field operations, business operations, assembly, process improvement,
        scrum, agile, business process, industrial, construction, site, demand planning, materials,
        packaging, environmental health and safety, opérations, exploitation, logistique, qualité, chaîne
        logistique, travaux, entretien, usine, projet, projets, amélioration continue, sécurité, qse,
        transports, approvisionnement, ordonnancement, magasin, agence, chantier, industriel, industrielle,
        produktion, fertigung, logistik, lager, qualität, qualitätssicherung, qualitätsmanagement,
        instandhaltung, betrieb, arbeitsvorbereitung, arbeitssicherheit, werk, projektmanagement, projekte,
        projekt, montage, bau, technischer dienst, filiale, disposition, prozessmanagement, operaciones,
        logística, producción, calidad, mantenimiento, cadena de suministro, planta, proyecto, proyectos,
        almacén, obra, obras, seguridad y salud, planificación, procesos, mejora continua, fábrica,
        operazioni, logistica, produzione, qualità, manutenzione, magazzino, stabilimento, progetto,
        progetti, cantiere, negozio, punto vendita, spedizioni, operações, produção, qualidade, manutenção,
        cadeia de suprimentos, projetos, projeto, processos, loja, armazém, estoque, suprimentos e
        logística, operacional, operativo, operativa, operationeel, logistiek, productie, kwaliteit,
        onderhoud, magazijn, projecten, bedrijfsvoering, bedrijfsbureau, planning en logistiek,
        kwaliteitszorg, bouw, uitvoering, winkel""",
    "procurement": """
        procurement, purchasing, sourcing, strategic sourcing, buying, category management, vendor
        management, supplier management, supplier, suppliers, vendor, achats, achat, einkauf, beschaffung,
        compras, aprovisionamiento, acquisti, approvvigionamenti, suprimentos, inkoop, merchandising,
        abastecimiento, lieferantenmanagement""",
    "research": """
        research, r and d, rd, research and development, innovation, science, sciences, scientific,
        laboratory, lab, clinical research, clinical trials, recherche, recherche et développement, r et d,
        laboratoire, forschung, forschung und entwicklung, f and e, f und e, innovationsmanagement, labor,
        investigación, investigación y desarrollo, i d, innovación, laboratorio, ricerca, ricerca e
        sviluppo, innovazione, pesquisa, pesquisa e desenvolvimento, p and d, inovação, investigação,
        onderzoek, onderzoek en ontwikkeling, innovatie, biology, chemistry, physics""",
    "administration": """
        administration, civil service, administrative, office, reception, secretarial, clerical, admin, back
        office, general services, front desk, front office, office services, records, executive support,
        administratif, administrative services, accueil, secrétariat, services généraux, moyens généraux,
        verwaltung, büro, empfang, sekretariat, administración, administrativo, administrativa, recepción,
        secretaría, amministrazione, amministrativo, amministrativa, segreteria, servizi generali, ufficio,
        administração, serviços gerais, recepção, secretaria executiva, administratie, secretariaat,
        receptie, kantoor, data entry, archives""",
    "health": """
        health, healthcare, health care, medical, medicine, clinical, nursing, pharmacy, patient, patients,
        patient care, surgery, surgical, hospital, dental, mental health, care, therapy, rehabilitation,
        radiology, oncology, cardiology, pediatric, pediatrics, psychiatry, emergency medicine, home health,
        public health, veterinary, pharmacovigilance, medical affairs, santé, soins, médical, médicale,
        soignant, clinique, pharmacie, pflege, pflegedienst, medizin, gesundheit, klinik, krankenhaus,
        pharma, salud, sanidad, enfermería, médico, médica, clínico, clínica, farmacia, hospitalario,
        sanità, sanitario, sanitaria, infermieristica, saúde, enfermagem, farmácia, zorg, verpleging,
        gezondheid, medisch, medische, ambulance, anesthesia, imaging""",
    "education": """
        athletic, athletics, head start, early head start, high school, middle school, elementary school,
        education, teaching, school, academic, academics, curriculum, instruction, student affairs, student
        services, admissions, training, learning, faculty, university, college, e learning, elearning, early
        childhood, special education, instructional design, instructional, coaching, kindergarten, schule,
        bildung, ausbildung, weiterbildung, enseignement, formation, éducation, pédagogique, scolaire,
        scolarité, école, educación, enseñanza, formación, académico, académica, escuela, docencia,
        istruzione, formazione, scuola, didattica, educação, ensino, formação, treinamento, escola,
        acadêmico, pedagógico, pedagógica, onderwijs, opleiding, opleidingen, montessori, preschool,
        elementary, tutoring, childcare, child care, day care, daycare, kita""",
    "media": """
        media, editorial, journalism, publishing, broadcast, broadcasting, film, video, tv, television,
        radio, photography, music, news, newsroom, entertainment, animation, theatre, theater, casting,
        sound, audio, post production, rédaction, édition, audiovisuel, cinéma, photographie, redaktion,
        verlag, fernsehen, rundfunk, redacción, medios, cine, fotografía, periodismo, redazione, editoria,
        cinema, fotografia, redação, jornalismo, mídia, redactie, uitgeverij, omroep, translation, creative
        writing""",
    "other": """
        museum, musée, museo, golf, leisure, park, estate, gallery, horticole, gardens, zoo, sport, sports,
        parole, probation, council, food, restaurant, kitchen, culinary, hospitality, hotel, food and
        beverage, f and b, catering, bar, banquet, housekeeping, beauty, spa, salon, fitness, farm,
        agriculture, agricultural, forestry, police, fire, military, army, navy, security, real estate,
        property, properties, leasing, community, social services, social work, church, ministry, travel,
        tourism, sustainability, esg, csr, environmental, environment, aviation, flight, casino, gaming,
        parks, recreation, restauration, cuisine, hôtellerie, tourisme, immobilier, immobilière,
        développement durable, küche, gastronomie, immobilien, sicherheit, nachhaltigkeit, landwirtschaft,
        tourismus, hostelería, turismo, cocina, inmobiliario, inmobiliaria, seguridad, sostenibilidad, medio
        ambiente, agrícola, cucina, ristorazione, immobiliare, sicurezza, ambiente, sostenibilità,
        alberghiero, imobiliário, imobiliária, segurança, sustentabilidade, meio ambiente, cozinha,
        hotelaria, horeca, keuken, vastgoed, duurzaamheid, veiligheid, landbouw, toerisme, volunteer,
        volunteers""",
}

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
        kaufmännische"""
"""Fields that say how rather than what: the other departments of a role go before them."""
