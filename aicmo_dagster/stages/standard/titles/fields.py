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
        unternehmensleitung, allgemeine verwaltung, business unit, transformation, strategic, stratégique,
        strategisch, strategische, estratégico, estratégica, strategico, strategica, conseil d entreprise,
        unternehmensstrategie, business strategy, bedrijfsstrategie, planeación, planeación estratégica""",
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
        account executive, vertrieb, verkauf, comercialización, comercialização, commercialisation,
        commercializzazione, wholesaling, forfaiting, importación, exportación, importación y exportación,
        importação, exportação, importazione, esportazione, importation, exportation, import, außenhandel,
        comercio exterior, comércio exterior, commercio estero, commerce extérieur, commerce international,
        e tailing, telesales, telemarketing, télévente, televentas, televendas, cuentas, cuentas clave,
        filialvertrieb, vente au détail, commerce, gross, détail, einzelhandel, großhandel, handel, venta,
        venta al por menor, dettaglio, ingrosso, varejo, atacado, detailhandel, groothandel, offerte
        commerciali, preventas, pré ventes, avant vente, prevendita, pré vendas, prezzi, preisgestaltung,
        tarification""",
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
        sociais, evenementiel, événementiel, marca, marque, market analysis, market intelligence, market
        insights, market, markets, étude de marché, études de marché, marktforschung, marktanalyse, estudios
        de mercado, investigación de mercado, investigación de mercados, ricerche di mercato, ricerca di
        mercato, analisi di mercato, pesquisa de mercado, estudos de mercado, marktonderzoek, community
        relations, external relations, external affairs, external communications, internal communications,
        government relations, public outreach, outreach, relations extérieures, relations institutionnelles,
        relations médias, relaciones externas, relaciones institucionales, relazioni esterne, relazioni
        pubbliche, relazioni istituzionali, rapporti istituzionali, ufficio stampa, relações externas,
        relações institucionais, externe betrekkingen, publiek, pers, pr und events, veranstaltungen,
        veranstaltung, eventos, evento, eventi, events und messen, messen, ferias, fiere, événements,
        événement, mécénat, fundraising, collecte de fonds, recaudación de fondos, raccolta fondi, captação
        de recursos, fondsenwerving, marken, marke, marcas, merk, marchio, marques, promoción, promozione,
        promoção, werbung und kommunikation, contenu, contenus, contenidos, contenuti, conteúdo, inhalte,
        web marketing, webmarketing, marketing digital, digitales marketing, réseaux sociaux, soziale
        medien, social""",
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
        après vente, sav, customer operations, customer happiness, support client, satisfaction client,
        kundenzufriedenheit, kundenservice und support, kunden, reclamaciones, réclamations, reclami,
        complaints, klachten, beschwerden, servicio posventa, posventa, postventa, post vendita, pós venda,
        after sales service, nazorg, gestión de clientes""",
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
        technischer, softwareontwikkeling, ontwikkeling, sviluppo, ufficio tecnico, progettazione,
        technologie, techniek en ontwikkeling, electricity, electronic, électronique, électrique, mécanique,
        mécaniques, elektrotechnik, elektronik, maschinenbau, mechanik, electrónica, eléctrica, mecánica,
        elettronica, elettrica, meccanica, eletrônica, elétrica, elektrotechniek, elektronica, werktuigbouw,
        werktuigbouwkunde, mechatronik, hydraulics, génie civil, civil engineering, chemical, chemical
        engineering, aerospace, nuclear, hochbau, tiefbau, statik, technical services, services techniques,
        technische dienst, servicios técnicos, servizi tecnici, serviços técnicos, technical department,
        oficina técnica, software and it, applications, videojuegos, spieleentwicklung""",
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
        tecnologías de la información, tecnologie informatiche, sistema, computing, computers, ordinateurs,
        information, information and communication technology, télécoms, télécom, télécommunications,
        telecomunicaciones, telecomunicazioni, telecomunicações, telekommunikation, telecommunicatie,
        services informatiques, service informatique, systèmes et réseaux, sécurité informatique, sécurité
        des systèmes d information, it services, it infrastructure, itk, base de données, bases de données,
        datenbank, datenbanken, base de datos, bases de datos, banco de dados, basi di dati, dsi, web
        master, informatietechnologie, rechenzentrum, data center, datacenter, data centre, rekencentrum,
        centro de datos, servidores, servers""",
    "data": """
        data, analytics, business intelligence, bi, data science, data engineering, machine learning, ml,
        ai, artificial intelligence, deep learning, nlp, computer vision, statistics, insights, big data,
        data governance, data management, data analytics, advanced analytics, intelligence artificielle,
        données, künstliche intelligenz, ki, daten, datos, inteligencia artificial, ciencia de datos, dati,
        intelligenza artificiale, dados, ciência de dados, inteligência artificial, ia, gegevens,
        kunstmatige intelligentie, genai, data warehouse, mlops, décisionnel, informatique décisionnelle,
        analítica, analisi dati, análisis de datos, análise de dados, statistik, statistique, statistiques,
        estadística, estadísticas, statistica, estatística, statistiek, data protection analytics""",
    "design": """
        design, ux, ui, user experience, user interface, graphic, graphics, visual, interaction design,
        creative, industrial design, product design, interior design, fashion, art, diseño, diseño gráfico,
        grafica, progettazione grafica, création, design graphique, gestaltung, grafik, vormgeving,
        creación, creativo, creativa, criação, direction artistique, web design, service design, design
        research, ux research, user research, graphisme, gráfico, gráfica, grafico, moda, mode, décoration,
        decoración, decorazione, animation design, game design, jeux, formgebung, ontwerp, diseño
        industrial, création graphique, créative, créatif, kreativ, kreation, creatief""",
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
        financiële administratie, debiteuren, crediteuren, hypotheken, fixed income, equities, derivatives,
        securities, bonds, commodities, foreign exchange, fx, market risk, financial services, finance and
        administration, accounts department, recouvrement, inkasso, forderungsmanagement, cobros, cobranzas,
        recobro, recobros, recupero crediti, riscossioni, riscossione, incasso, recuperação de crédito,
        cobrança, debiteurenbeheer, crédit management, facturation, facturación, fatturazione, facturering,
        fakturierung, cost accounting, contrôle interne, contrôle financier, audit interne, auditoría
        interna, auditoria interna, audit interno, internal control, internal controls, interne revision,
        steuer, fiscalidad, imposte, tributário, tributaria, tributario, impostos, belasting, tresorerie,
        kasse, costes, costi, custos, coûts, kosten, kostenrechnung, presupuesto, presupuestos, bilancio,
        orçamento, begroting, inversiones, inversión, investissements, investimenti, investimentos,
        beleggingen, kapitalanlagen, patrimonio, patrimônio, vermögen, vermogensbeheer, vermögensverwaltung,
        administrativo financiero, administrativo financeiro, paghe, payes, salarissen, salariés et paie,
        comptes, comptabilité générale, contable, contabile, contábil, contabilità clienti, contabilità
        fornitori, konsolidierung, consolidation, billing and collections, kredite, krediet, crediti,
        prestiti, préstamos, empréstimos, hypotheek, hipotecas, mutui, bankwesen, sinistres, siniestros,
        sinistri, schadenregulierung, schaden, schade, assurances, mergers""",
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
        werving, werving en selectie, personeel, human capital, human resource, dho, training, formation,
        formación, formação, formazione, formazione del personale, weiterbildung, opleiding en ontwikkeling,
        opleiding, opleidingen, learning, learning and talent, treinamento, treinamento e desenvolvimento,
        capacitación, desarrollo de personas, benefit, remuneration, pay and benefits, rémunération,
        rémunérations, avantages sociaux, vergütung, retribuciones, retribución, compensaciones, beneficios,
        remuneración, remuneraciones, remunerações, benefícios, remuneração, retribuzioni, retribuzione,
        compensazione, arbeidsvoorwaarden, beloning, relaciones laborales, relations sociales, affaires
        sociales, relazioni sindacali, relazioni industriali, relações trabalhistas, relações sindicais,
        arbeidsrelaties, arbeitsrecht und personal, industrial relations, personnel et formation,
        employment, emploi, empleo, employee, employees, recrutement et formation, selezione, recruitment
        and selection, gestione del personale, administración de personal, amministrazione del personale,
        administração de pessoal, personeelsbeleid, hr und recruiting, equal opportunity, équal opportunity,
        diversité, diversidad, diversità, diversidade, gpec, nachwuchs, talente, pessoal, carrières, careers""",
    "legal": """
        legal, law, compliance, regulatory, regulatory affairs, privacy, data protection, contracts,
        contract management, intellectual property, patents, patent, governance, litigation, legal affairs,
        anti money laundering, aml, kyc, ethics, juridique, affaires juridiques, conformité, droit, affaires
        réglementaires, recht, rechtsabteilung, datenschutz, jurídico, jurídica, asesoría jurídica, asuntos
        legales, cumplimiento, legale, affari legali, affari generali e legali, juridisch, juridische zaken,
        conformidade, assuntos regulatórios, protección de datos, protection des données, government
        affairs, legal services, réglementaire, regulación, regolamentazione, regulatorisch, contrats,
        contratos, contratti, verträge, contracten, contentieux, contencioso, contenzioso, litigios,
        derecho, diritto, direito, propriété intellectuelle, propiedad intelectual, proprietà intellettuale,
        propriedade intelectual, intellectueel eigendom, brevets, patente, brevetti, marcas y patentes,
        corporate affairs, servizi legali, servicios jurídicos, services juridiques, normativa, cumplimiento
        normativo, cumplimento, antiriciclaggio, rgpd, gdpr, dsgvo, privacidad, privacidade, geldwäsche,
        geldwäscheprävention, arbeitsrecht, legal and compliance""",
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
        kwaliteitszorg, bouw, uitvoering, winkel, public works, travaux publics, obras públicas, opere
        pubbliche, lavori pubblici, openbare werken, works, lavori, werken, traffic, air traffic, trafic,
        tráfico, traffico, tráfego, verkeer, verkehr, circulation, railway, railways, rail, ferroviaire,
        chemin de fer, chemins de fer, ferroviario, ferroviaria, ferroviário, ferrocarril, spoor,
        spoorwegen, trein, bahn, eisenbahn, tram, tramway, metro, bus, autobus, port, ports, harbour,
        harbor, hafen, puerto, porto, haven, airport, aéroport, flughafen, aeropuerto, aeroporto,
        luchthaven, cleaning, nettoyage, propreté, hygiène, reinigung, gebäudereinigung, limpieza, limpeza,
        pulizie, pulizia, schoonmaak, vitres, voirie, waste, recycling, déchets, residuos, rifiuti,
        resíduos, abfall, afval, water, wastewater, eau, energy, énergie, energía, energia, energie,
        utilities, oil, gas, gaz, oil and gas, mining, mines, mine, minas, miniere, concrete, béton, beton,
        hormigón, cemento, brücken, brugbouw, carpentry, roofing, plumbing, piping, drilling, forage,
        welding, soudage, machining, usinage, foundry, fonderie, fundición, fonderia, gieterei, gießerei,
        steel, metal, métallurgie, textile, textil, tessile, têxtil, textiel, machine, machines, machinery,
        máquinas, maquinaria, macchine, macchinari, engins, workshop, atelier, ateliers, taller, talleres,
        officina, oficina mecánica, werkplaats, werkstatt, garage, proces, processen, prozess, prozesse,
        processus, procédés, procede, proceso, processo, processi, projekten, proyectos y obras, portfolio
        of projects, expédition, expéditions, expedición, expedições, versand, verzending, stock, stocks,
        inventario, voorraad, bestand, existencias, scorte, entrepôt, entrepôts, almacenes, almacenamiento,
        magazzini, armazém e distribuição, distributie, distribuzione, distribution et logistique,
        trasporti, trasporto, transporte, transportes, vervoer, spedition, flotte, fuhrpark, flota, flotta,
        frota, wagenpark, fabrication, fabricación, fabbricazione, fabricação, fabricage, fabrik, fabriek,
        fábrica e produção, fabbrica, stabilimenti, usines, industrie, industria, indústria, assemblage,
        montaje, montaggio, montagem, emballage, verpackung, embalaje, imballaggio, embalagem, verpakking,
        planification, planung, programación de la producción, pianificazione, planejamento, planeamento,
        kwaliteitsmanagement, qualité sécurité environnement, gestion de la qualité, arbo, santé sécurité,
        prevenzione e protezione, prevención de riesgos, prevención de riesgos laborales, segurança do
        trabalho, amélioration, verbesserung, exploitatie, bedrijf, technischer betrieb, facility services,
        gebäudemanagement, gebouwbeheer, gestión de instalaciones, gebäude, bâtiment, bâtiments,
        edificación, construcción, costruzioni, edilizia, edilizio, construção, construção civil,
        installation, impianti, impianto, instalações, anlagen, installaties, bouwkunde, wegenbau,
        straßenbau, wegenbouw""",
    "procurement": """
        procurement, purchasing, sourcing, strategic sourcing, buying, category management, vendor
        management, supplier management, supplier, suppliers, vendor, achats, achat, einkauf, beschaffung,
        compras, aprovisionamiento, acquisti, approvvigionamenti, suprimentos, inkoop, merchandising,
        abastecimiento, lieferantenmanagement, tenders, tendering, aanbesteding, aanbestedingen, vergabe,
        licitaciones, licitación, licitações, licitação, appalti, marchés publics, appels d offres,
        contratación, contratación pública, acquisition publique, approvisionnements, acquisto,
        acquisizioni, aquisições, aquisição, compra, adquisiciones, aprovisionamientos, fornitori,
        fournisseurs, proveedores, fornecedores, lieferanten, leveranciers, materialwirtschaft,
        strategischer einkauf, inkoopmanagement, merchandise, category, procurement and sourcing""",
    "research": """
        research, r and d, rd, research and development, innovation, science, sciences, scientific,
        laboratory, lab, clinical research, clinical trials, recherche, recherche et développement, r et d,
        laboratoire, forschung, forschung und entwicklung, f and e, f und e, innovationsmanagement, labor,
        investigación, investigación y desarrollo, i d, innovación, laboratorio, ricerca, ricerca e
        sviluppo, innovazione, pesquisa, pesquisa e desenvolvimento, p and d, inovação, investigação,
        onderzoek, onderzoek en ontwikkeling, innovatie, biology, chemistry, physics, economic research,
        economic studies, études économiques, estudios económicos, studi economici, estudos econômicos,
        estudos económicos, wirtschaftsforschung, economisch onderzoek, wetenschap, wetenschappelijk,
        wissenschaft, scientifique, scientifiques, científico, científica, scientifico, scientifica,
        studies, estudios, studi, estudos, laboratories, laboratoires, laboratorios, laboratori,
        laboratórios, laboratorium, bioscience, biotechnology, biotechnologie, biotecnología, biotecnologia,
        innovations, innovationen, rnd, rand d""",
    "administration": """
        administration, civil service, administrative, office, reception, secretarial, clerical, admin, back
        office, general services, front desk, front office, office services, records, executive support,
        administratif, administrative services, accueil, secrétariat, services généraux, moyens généraux,
        verwaltung, büro, empfang, sekretariat, administración, administrativo, administrativa, recepción,
        secretaría, amministrazione, amministrativo, amministrativa, segreteria, servizi generali, ufficio,
        administração, serviços gerais, recepção, secretaria executiva, administratie, secretariaat,
        receptie, kantoor, data entry, archives, archivos, archivio, archivi, archiv, archief, archives et
        documentation, documentation, documentación, documentazione, documentação, documentatie,
        correspondence, courrier, correspondencia, posta, correio, post, poststelle, postkamer, mailroom,
        mail room, services administratifs, servicios administrativos, servizi amministrativi, serviços
        administrativos, servicios generales, affari generali, affaires générales, algemene zaken,
        allgemeine dienste, assuntos gerais, accueil et standard, onthaal, ontvangst, sekretariate,
        bürodienste, office management, management support, ondersteuning, concejo""",
    "health": """
        health, healthcare, health care, medical, medicine, clinical, nursing, pharmacy, patient, patients,
        patient care, surgery, surgical, hospital, dental, mental health, care, therapy, rehabilitation,
        radiology, oncology, cardiology, pediatric, pediatrics, psychiatry, emergency medicine, home health,
        public health, veterinary, pharmacovigilance, medical affairs, santé, soins, médical, médicale,
        soignant, clinique, pharmacie, pflege, pflegedienst, medizin, gesundheit, klinik, krankenhaus,
        pharma, salud, sanidad, enfermería, médico, médica, clínico, clínica, farmacia, hospitalario,
        sanità, sanitario, sanitaria, infermieristica, saúde, enfermagem, farmácia, zorg, verpleging,
        gezondheid, medisch, medische, ambulance, anesthesia, imaging, odontología, odontologia,
        odontoiatria, dentaire, zahnmedizin, tandheelkunde, infirmiers, soins infirmiers, hôpital,
        hospitalier, ospedale, hospitalar, ziekenhuis, sanitaire, médicos, salute, pacientes, pazienti,
        patienten, patiënten, lactation, análises clínicas, biomedisch, fysiotherapie, kinesitherapie,
        physiotherapie, fisioterapia, rehabilitación, riabilitazione, reabilitação, rééducation,
        revalidatie, geriatric, geriatrics, hospice, anestesia, enfermagem e cuidados, laboratoire d
        analyses médicales""",
    "education": """
        athletic, athletics, head start, early head start, high school, middle school, elementary school,
        education, teaching, school, academic, academics, curriculum, instruction, student affairs, student
        services, admissions, faculty, university, college, e learning, elearning, early childhood, special
        education, instructional design, instructional, coaching, kindergarten, schule, bildung, ausbildung,
        enseignement, éducation, pédagogique, scolaire, scolarité, école, educación, enseñanza, académico,
        académica, escuela, docencia, istruzione, scuola, didattica, educação, ensino, escola, acadêmico,
        pedagógico, pedagógica, onderwijs, montessori, preschool, elementary, tutoring, childcare, child
        care, day care, daycare, kita, course, courses, cours, cursus, cursussen, kurs, kurse, corso, corsi,
        curso, cursos, students, étudiants, estudiantes, studenti, estudantes, studenten, universität,
        université, universidad, università, universidade, universiteit, hochschule, lehre, teaching and
        learning, vocational training, formation professionnelle continue, formación profesional, formação
        profissional, berufsbildung, driving school, auto école, fahrschule, autoescuela, autoscuola,
        autoescola, rijschool, colegio, collège, lycée, liceo, faculté, facultad, facoltà, faculdade,
        faculteit, crèche, guardería, asilo nido, creche, kinderopvang, didáctica, didactique, pedagogía,
        pedagogia, pädagogik, library and learning, condução""",
    "media": """
        media, editorial, journalism, publishing, broadcast, broadcasting, film, video, tv, television,
        radio, photography, music, news, newsroom, entertainment, animation, theatre, theater, casting,
        sound, audio, post production, rédaction, édition, audiovisuel, cinéma, photographie, redaktion,
        verlag, fernsehen, rundfunk, redacción, medios, cine, fotografía, periodismo, redazione, editoria,
        cinema, fotografia, redação, jornalismo, mídia, redactie, uitgeverij, omroep, translation, creative
        writing, film production, motion picture, movie, movies, documentary, location, locations, set,
        studio, studios, stage, drama, musique, música, musica, musik, muziek, orchestra, orchestre,
        orquesta, théâtre, teatro, edition, editions, éditorial, editoriale, publishing house,
        publicaciones, publications, pubblicazioni, publicações, uitgaven, televisión, televisione,
        televisão, televisie, télévision, radiotelevisione, prensa, imprensa, journalistisch,
        televisieregie, vidéo, photo, foto, podcast""",
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
        volunteers, museos, museums, musei, museu, museus, musées, jagd, forst, wald, bosque, bosques,
        forêt, forêts, foresta, floresta, bos, garten, jardin, jardins, jardín, jardines, giardini,
        giardino, jardim, tuin, tuinen, landscape, paysage, landschaft, animals, animaux, tiere, ganado,
        élevage, allevamento, pecuária, veeteelt, horticulture, wine, vin, vino, vinho, wein, wijn, bankett,
        banquets, banquete, banchetti, menage, gastgewerbe, hospitality services, restaurants, restauración,
        restauración colectiva, ristorante, ristoranti, ristorazione collettiva, restaurante, restaurantes,
        hoteles, hotéis, hôtel, hôtels, albergo, alberghi, hotellerie, gemeinde, município, municipio,
        commune, gemeente, stadt, city, town, defense, defence, défense, defensa, difesa, defesa, defensie,
        bundeswehr, armée, ejército, esercito, exército, leger, sicherheitsdienst, surveillance, vigilancia,
        vigilanza, vigilância, bewaking, beveiliging, feuerwehr, bomberos, brandweer, polizei, policía,
        polizia, polícia, politie, reisen, reise, reizen, voyage, voyages, viajes, viaggi, viagens,
        touristique, turístico, turística, social work services, sozialdienst, services sociaux, servicios
        sociales, servizi sociali, serviços sociais, sociaal werk, welzijn, welfare, sozialarbeit, kirche,
        église, iglesia, chiesa, igreja, kerk, freizeit, loisirs, ocio, tempo libero, lazer, vrije tijd,
        deportes, deportivo, esportes, desporto, sportif, sportiva, sportivo, syndic, copropriété,
        wohnungswirtschaft, real estate management, umwelt, umweltschutz, medioambiental, ambiental,
        environnement, ambientale, milieu, lakes, rivers, marine, fishery, fishing, pêche, pesca, fischerei,
        visserij""",
}
