"""What industries are called: codes of NAICS 2022, their titles, and the usual words for them. Read by `industries`.

NAICS (North American Industry Classification System, 2022; U.S. Office of Management and Budget) is in the public
domain. Of its codes those are here that exports and campaigns tell apart. `31` stands for the sector 31-33, `44` for
44-45, `48` for 48-49.

The words are those that LinkedIn and Apollo, HubSpot and Salesforce offer to choose from, and what people write in
English, German, French, Spanish, Italian, Portuguese and Dutch. Case, accents, plurals and "and" do not matter.
"""

INDUSTRIES: dict[str, tuple[str, str]] = {
    "11": ("Agriculture, Forestry, Fishing and Hunting",
        "agriculture, farming ranching forestry, agribusiness, agtech, agritech, agritech and food, "
        "Landwirtschaft, Agrar, Agrarwirtschaft, agricultura, agricoltura, landbouw, agroalimentaire"),
    "111": ("Crop Production", "farming, crops, horticulture, Gartenbau, Ackerbau, tuinbouw, viticulture"),
    "112": ("Animal Production and Aquaculture",
        "ranching, livestock, aquaculture, Viehzucht, élevage, ganadería"),
    "113": ("Forestry and Logging",
        "forestry, logging, timber, Forstwirtschaft, sylviculture, silvicultura, bosbouw"),
    "114": ("Fishing, Hunting and Trapping", "fishery, fishing, Fischerei, pêche, pesca, visserij"),
    "115": ("Support Activities for Agriculture and Forestry", "agricultural services"),
    "21": ("Mining, Quarrying, and Oil and Gas Extraction", "natural resources, raw materials, Rohstoffe"),
    "211": ("Oil and Gas Extraction",
        "oil, oil and gas, oil and energy, petroleum, natural gas, Erdöl, Öl und Gas, pétrole et gaz, "
        "petróleo y gas, petrolio, petróleo e gás, olie en gas"),
    "212": ("Mining (except Oil and Gas)",
        "mining, mining and metals, metals and mining, quarrying, Bergbau, exploitation minière, minería, "
        "industria mineraria, mineração, mijnbouw, mines"),
    "213": ("Support Activities for Mining", "oilfield services, drilling"),
    "22": ("Utilities",
        "public utilities, Versorger, Energieversorgung, Stadtwerke, services publics, servicios públicos, "
        "nutsbedrijven, utilities administration"),
    "2211": ("Electric Power Generation, Transmission and Distribution",
        "energy, power, electricity, electric power, energy production, power generation, renewables, "
        "renewable energy, renewables and environment, renewable energy power generation, electric power "
        "generation, clean energy, green energy, cleantech, clean tech, greentech, solar, solar energy, "
        "solar electric power generation, wind energy, wind power, wind electric power generation, "
        "photovoltaics, Energie, Energiewirtschaft, erneuerbare Energien, Strom, énergies renouvelables, "
        "energía, energías renovables, energie rinnovabili, energias renováveis, duurzame energie, services "
        "for renewable energy"),
    "2212": ("Natural Gas Distribution", "gas supply, gas distribution, Gasversorgung"),
    "2213": ("Water, Sewage and Other Systems",
        "water, water supply, water utilities, Wasserversorgung, eau"),
    "23": ("Construction",
        "building industry, building construction and trades, construction and building, Bau, Bauwesen, "
        "Baugewerbe, Bauwirtschaft, Bauunternehmen, Baubranche, bâtiment, BTP, construction et travaux "
        "publics, construcción, edilizia, costruzioni, construção, construção civil, bouw, bouwsector, "
        "contractor"),
    "236": ("Construction of Buildings",
        "building construction, residential construction, residential building construction, home building, "
        "homebuilder, nonresidential building construction, general contractor, Hochbau, property "
        "development"),
    "237": ("Heavy and Civil Engineering Construction",
        "civil engineering, infrastructure construction, road construction, Tiefbau, génie civil, "
        "ingeniería civil, ingegneria civile, engenharia civil"),
    "238": ("Specialty Trade Contractors",
        "specialty trades, building equipment contractors, building finishing contractors, plumbing, HVAC, "
        "roofing, electricians, electrical contractors, Handwerk, Elektroinstallation, Sanitär Heizung "
        "Klima, artisans"),
    "31": ("Manufacturing",
        "manufacturer, production, industrial, industrial goods, industry, industrial manufacturing, "
        "Industrie, verarbeitendes Gewerbe, Produktion, Fertigung, Hersteller, produzierendes Gewerbe, "
        "fabrication, industrie manufacturière, manufactura, industria manufacturera, fabricación, "
        "produzione, industria manifatturiera, indústria, manufatura, productie, maakindustrie, durable "
        "manufacturing, nondurable manufacturing, consumer products manufacturing"),
    "311": ("Food Manufacturing",
        "food production, food processing, food industry, food and beverage manufacturing, Lebensmittel, "
        "Lebensmittelindustrie, Nahrungsmittel, Lebensmittelproduktion, industrie alimentaire, "
        "agroalimentaire industrie, industria alimentaria, alimentación, industria alimentare, alimentare, "
        "indústria alimentícia, alimentos, voedingsmiddelen, voedingsindustrie, foodtech, food tech, food "
        "and tobacco processing"),
    "3115": ("Dairy Product Manufacturing",
        "dairy, dairy products, Molkerei, laiterie, lácteos, latticini, zuivel"),
    "3116": ("Animal Slaughtering and Processing", "meat, meat products, meat processing, Fleischwirtschaft"),
    "3117": ("Seafood Product Preparation and Packaging", "seafood, seafood product manufacturing"),
    "3118": ("Bakeries and Tortilla Manufacturing", "bakery, baked goods, Bäckerei, boulangerie, panadería"),
    "312": ("Beverage and Tobacco Product Manufacturing", "beverages and tobacco"),
    "3121": ("Beverage Manufacturing",
        "beverages, drinks, wine and spirits, wine, wineries, spirits, breweries, beer, distilleries, "
        "Getränke, Getränkeindustrie, Brauerei, Weingut, boissons, vins et spiritueux, bebidas, vinos, "
        "bevande, dranken"),
    "3122": ("Tobacco Manufacturing", "tobacco, Tabak, tabac, tabaco"),
    "313": ("Textile Mills", "textiles, textile manufacturing, Textil, Textilindustrie, textiel, tessile"),
    "314": ("Textile Product Mills", "home textiles, carpets"),
    "315": ("Apparel Manufacturing",
        "apparel, apparel and fashion, fashion, clothing, garments, luxury fashion, Mode, Bekleidung, "
        "Modeindustrie, moda, abbigliamento, vestuário, kleding, prêt à porter, confección"),
    "316": ("Leather and Allied Product Manufacturing",
        "leather, footwear, shoes, leather goods, Schuhe, Leder"),
    "321": ("Wood Product Manufacturing",
        "wood products, wood, Holz, Holzindustrie, holzverarbeitung, bois, madera"),
    "322": ("Paper Manufacturing",
        "paper, pulp and paper, paper and forest products, paper and forest product manufacturing, forest "
        "products, Papier, Papierindustrie, papel, carta"),
    "323": ("Printing and Related Support Activities",
        "printing, printing services, print, Druck, Druckerei, imprimerie, imprenta, stampa, drukkerij, "
        "gráfica"),
    "324": ("Petroleum and Coal Products Manufacturing",
        "oil refining, oil and coal product manufacturing, refinery"),
    "325": ("Chemical Manufacturing",
        "chemicals, chemistry, specialty chemicals, Chemie, chemische Industrie, chimie, industrie "
        "chimique, química, industria química, chimica, inbound capital intensive processing, agricultural "
        "chemical manufacturing, fertilizer"),
    "3254": ("Pharmaceutical and Medicine Manufacturing",
        "pharmaceuticals, pharma, drugs, life sciences, biopharma, biopharmaceuticals, generics, "
        "Pharmaindustrie, Arzneimittel, Pharmazie, pharmaceutique, farmacéutica, industria farmacéutica, "
        "farmacie, farmaceutisch, health and pharmaceuticals"),
    "3256": ("Soap, Cleaning Compound, and Toilet Preparation Manufacturing",
        "cosmetics, beauty, personal care, personal care products, personal care product manufacturing, "
        "soap and cleaning product manufacturing, beauty and cosmetics, health and beauty, Kosmetik, "
        "cosmétique, cosmética, beauté"),
    "326": ("Plastics and Rubber Products Manufacturing",
        "plastics, plastics manufacturing, rubber, rubber products manufacturing, packaging and containers, "
        "packaging, packaging and containers manufacturing, Kunststoff, Kunststoffindustrie, Verpackung, "
        "plasturgie, emballage, plásticos, embalaje, materie plastiche, imballaggio, embalagens, "
        "verpakkingen, kunststoffen"),
    "327": ("Nonmetallic Mineral Product Manufacturing",
        "building materials, glass, ceramics, concrete, cement, glass ceramics and concrete, glass ceramics "
        "and concrete manufacturing, Baustoffe, Glas, Keramik, matériaux de construction, materiales de "
        "construcción, materiali da costruzione, materiais de construção, bouwmaterialen, wholesale "
        "building materials"),
    "331": ("Primary Metal Manufacturing",
        "steel, metals, primary metals, metallurgy, Stahl, Metall, Metallindustrie, sidérurgie, "
        "métallurgie, acero, metalurgia, siderurgia, acciaio, staal"),
    "332": ("Fabricated Metal Product Manufacturing",
        "metal products, metalworking, metal fabrication, fabricated metal products, Metallverarbeitung, "
        "Metallbau, arms, weapons, lavorazione metalli, metaalbewerking"),
    "333": ("Machinery Manufacturing",
        "machinery, industrial machinery, industrial machinery manufacturing, industrial equipment, "
        "machines, mechanical engineering, mechanical or industrial engineering, heavy equipment, tools, "
        "automation machinery manufacturing, Maschinenbau, Anlagenbau, Maschinen und Anlagenbau, "
        "Werkzeugbau, construction mécanique, machines industrielles, maquinaria, industria mecánica, "
        "meccanica, macchinari, macchine, máquinas, machinebouw, mechanische techniek"),
    "334": ("Computer and Electronic Product Manufacturing",
        "electronics, Elektronik, électronique, electrónica, elettronica, eletrônica, elektronica, hightech"),
    "3341": ("Computer and Peripheral Equipment Manufacturing",
        "computer hardware, hardware, computer hardware manufacturing, computers and electronics "
        "manufacturing, computer equipment, matériel informatique, Hardware und Netzwerke"),
    "3342": ("Communications Equipment Manufacturing",
        "communications equipment, telecom equipment, computer networking, computer networking products, "
        "networking, Netzwerktechnik"),
    "3343": ("Audio and Video Equipment Manufacturing",
        "consumer electronics, computers and consumer electronics, audio and video equipment, "
        "Unterhaltungselektronik, électronique grand public, electrónica de consumo"),
    "3344": ("Semiconductor and Other Electronic Component Manufacturing",
        "semiconductors, semiconductor manufacturing, chips, microelectronics, electronic components, "
        "Halbleiter, semi conducteurs, semiconductores, semiconduttori, halfgeleiders"),
    "3345": ("Navigational, Measuring, Electromedical, and Control Instruments Manufacturing",
        "instruments, measurement technology, sensors, Messtechnik, Sensorik, industrial automation, "
        "automation, automation technology, robotics, Automatisierung, Automatisierungstechnik, robotique, "
        "automatisation, automatización, automazione, automazione industriale, automação, automatisering"),
    "335": ("Electrical Equipment, Appliance, and Component Manufacturing",
        "electrical equipment, electrical, electrical engineering, electrical and electronic manufacturing, "
        "appliances electrical and electronics manufacturing, batteries, Elektrotechnik, Elektroindustrie, "
        "équipements électriques, material eléctrico, elettrotecnica, elektrotechniek"),
    "3352": ("Household Appliance Manufacturing",
        "appliances, household appliances, white goods, Haushaltsgeräte"),
    "336": ("Transportation Equipment Manufacturing", "vehicles, transportation equipment, Fahrzeugbau"),
    "3361": ("Motor Vehicle Manufacturing",
        "automotive, automobile, cars, motor vehicles, automaker, car manufacturer, electric vehicles, "
        "Automobil, Automobilindustrie, Autoindustrie, Fahrzeuge, automoción, automotriz, industria "
        "automotriz, industria automobilistica, settore automobilistico, automotivo, automóvel, auto "
        "industrie, autobranche"),
    "3363": ("Motor Vehicle Parts Manufacturing",
        "auto parts, car parts, automotive suppliers, motor vehicle parts, Automobilzulieferer, "
        "Autozulieferer, équipementier automobile, autopartes, componentistica auto"),
    "3364": ("Aerospace Product and Parts Manufacturing",
        "aerospace, aviation and aerospace, aviation and aerospace component manufacturing, aerospace and "
        "defense, defense, defence, defense and space, defense and space manufacturing, space, Luftfahrt, "
        "Luft und Raumfahrt, Raumfahrt, Rüstung, Verteidigung, aérospatiale, aéronautique, aeroespacial, "
        "aeronáutica, aerospaziale, ruimtevaart, lucht en ruimtevaart"),
    "3365": ("Railroad Rolling Stock Manufacturing",
        "railroad manufacture, railroad equipment manufacturing, trains"),
    "3366": ("Ship and Boat Building",
        "shipbuilding, boats, yachts, Schiffbau, construction navale, scheepsbouw"),
    "337": ("Furniture and Related Product Manufacturing",
        "furniture, furniture and home furnishings manufacturing, Möbel, Möbelindustrie, meubles, muebles, "
        "mobili, arredamento, móveis, meubels"),
    "339": ("Miscellaneous Manufacturing", ""),
    "3391": ("Medical Equipment and Supplies Manufacturing",
        "medical devices, medical equipment, medical equipment manufacturing, medtech, med tech, medical "
        "technology, medical supplies, Medizintechnik, Medizinprodukte, dispositifs médicaux, technologies "
        "médicales, dispositivos médicos, dispositivi medici, tecnología médica, medische apparatuur, "
        "medische technologie, equipamentos médicos, dental equipment"),
    "33991": ("Jewelry and Silverware Manufacturing",
        "jewelry, jewellery, luxury goods, luxury goods and jewelry, retail luxury goods and jewelry, "
        "luxury, watches, Schmuck, Luxusgüter, Uhren, luxe, horlogerie, bijouterie, joyería, lujo, lusso, "
        "luxo"),
    "33992": ("Sporting and Athletic Goods Manufacturing",
        "sporting goods, sporting goods manufacturing, sports equipment, Sportartikel"),
    "33993": ("Doll, Toy, and Game Manufacturing",
        "toys, toys and games, Spielwaren, jouets, juguetes, giocattoli, speelgoed"),
    "42": ("Wholesale Trade",
        "wholesale, wholesaler, distribution, distributor, wholesale and distribution, distributors "
        "dispatchers and processors, Großhandel, Handel, commerce de gros, négoce, comercio al por mayor, "
        "mayorista, commercio all'ingrosso, ingrosso, atacado, distribuição, distribución, distribuzione, "
        "groothandel"),
    "423": ("Merchant Wholesalers, Durable Goods",
        "wholesale machinery, wholesale metals and minerals, industrial supplies"),
    "4234": ("Professional and Commercial Equipment and Supplies Merchant Wholesalers",
        "business supplies and equipment, business supplies, office supplies, office equipment, wholesale "
        "computer equipment, Bürobedarf"),
    "424": ("Merchant Wholesalers, Nondurable Goods",
        "wholesale food and beverage, wholesale drugs, pharmaceutical wholesale"),
    "425": ("Wholesale Trade Agents and Brokers",
        "import and export, wholesale import and export, trading, foreign trade, Außenhandel, commerce "
        "international, comercio exterior, commercio estero, international trade"),
    "44": ("Retail Trade",
        "retail, retailer, retail and consumer, stores, shops, brick and mortar, Einzelhandel, commerce de "
        "détail, grande distribution, commerce, comercio, comercio minorista, comercio al por menor, "
        "minorista, commercio al dettaglio, vendita al dettaglio, commercio, varejo, detailhandel, winkel, "
        "entertainment retail, food and beverage retail"),
    "441": ("Motor Vehicle and Parts Dealers",
        "car dealers, car dealership, automotive retail, retail motor vehicles, Autohaus, Autohandel, "
        "concessionnaire, concesionario"),
    "444": ("Building Material and Garden Equipment and Supplies Dealers",
        "home improvement, DIY, building supply retail, retail building materials and garden equipment, "
        "Baumarkt, bricolage"),
    "445": ("Food and Beverage Retailers",
        "supermarkets, grocery, retail groceries, food retail, Supermarkt, Lebensmitteleinzelhandel, "
        "supermarché, supermercados, supermercato"),
    "449": ("Furniture, Home Furnishings, Electronics, and Appliance Retailers",
        "furniture retail, electronics retail, retail furniture and home furnishings, retail appliances "
        "electrical and electronic equipment, Möbelhaus"),
    "455": ("General Merchandise Retailers", "department stores, discount retail, Kaufhaus, Warenhaus"),
    "456": ("Health and Personal Care Retailers",
        "pharmacy, drugstore, retail pharmacies, retail health and personal care products, Apotheke, "
        "Drogerie, pharmacie, farmacia, apotheek"),
    "457": ("Gasoline Stations and Fuel Dealers", "gas stations, fuel retail, retail gasoline, Tankstellen"),
    "458": ("Clothing, Clothing Accessories, Shoe, and Jewelry Retailers",
        "fashion retail, retail apparel and fashion, apparel retail, Modehandel"),
    "459": ("Sporting Goods, Hobby, Musical Instrument, Book, and Miscellaneous Retailers",
        "bookstore, retail books and printed news, retail art supplies, retail florists, Buchhandel, pet "
        "supplies"),
    "48": ("Transportation and Warehousing",
        "transportation, transport, transportation and logistics, transport and logistics, logistics, "
        "logistics and supply chain, logistics and transportation, transportation logistics supply chain "
        "and storage, supply chain, logistics and procurement, shipping and logistics, logistique, "
        "Transport und Logistik, Logistik, Spedition, Verkehr, logística, transporte, transporte y "
        "logística, trasporti, transporte e logística, logistiek, transport en logistiek, mobility, "
        "mobilité, Mobilität"),
    "481": ("Air Transportation",
        "airlines, airlines and aviation, aviation, Fluggesellschaft, compagnie aérienne, aerolínea, "
        "compagnia aerea, luchtvaart"),
    "482": ("Rail Transportation",
        "rail, railroad, railways, Bahn, Eisenbahn, ferroviaire, ferrocarril, ferrovie, spoorwegen"),
    "483": ("Water Transportation",
        "maritime, maritime transportation, shipping, sea freight, Schifffahrt, Reederei, maritime "
        "transport, transport maritime, marítimo, marittimo, scheepvaart"),
    "484": ("Truck Transportation", "trucking, road freight, haulage, Güterverkehr, transport routier"),
    "485": ("Transit and Ground Passenger Transportation",
        "public transport, ground passenger transportation, urban transit services, transit, taxi, ride "
        "sharing, Nahverkehr, ÖPNV, transports en commun"),
    "486": ("Pipeline Transportation", "pipelines"),
    "488": ("Support Activities for Transportation",
        "ports, airports, airports and air services, port operations, Flughafen, Hafen"),
    "4885": ("Freight Transportation Arrangement",
        "freight, freight forwarding, freight and package transportation, freight forwarder, freight "
        "brokerage, third party logistics, 3PL, transitaire"),
    "491": ("Postal Service", "mail, Post, la poste, correos"),
    "492": ("Couriers and Messengers",
        "couriers, parcel delivery, package freight delivery, delivery services, last mile delivery, "
        "Kurierdienst, Paketdienst, messagerie, mensajería"),
    "493": ("Warehousing and Storage",
        "warehousing, storage, fulfillment, fulfilment, Lagerhaltung, Lagerei, entreposage, almacenamiento, "
        "magazzino, opslag"),
    "51": ("Information",
        "communications, communications and media, TMT, media and telecommunications, technology media and "
        "telecommunications, media and communications, information and communication"),
    "512": ("Motion Picture and Sound Recording Industries",
        "media production, entertainment production, entertainment providers"),
    "5121": ("Motion Picture and Video Industries",
        "motion pictures and film, film, movies, cinema, video production, movies and sound recording, "
        "movies videos and sound, film production, entertainment movie production, animation, animation and "
        "post production, Filmproduktion, production audiovisuelle, cine, produzione video, produção de "
        "vídeo"),
    "5122": ("Sound Recording Industries", "music, record label, Musik, musique, música, muziek"),
    "513": ("Publishing Industries",
        "publisher, book and periodical publishing, Verlag, Verlagswesen, édition, editorial, editoria, "
        "editora, uitgeverij, broadcasting printing and publishing"),
    "5131": ("Newspaper, Periodical, Book, and Directory Publishers",
        "newspapers, newspaper publishing, journalism, news, press, newspapers and journalism, magazines, "
        "book publishing, books, periodical publishing, Zeitungen, Zeitschriften, presse, prensa, giornali, "
        "imprensa, pers"),
    "5132": ("Software Publishers",
        "software, SaaS, computer software, computer software engineering, software development, cloud "
        "software, enterprise software, business software, B2B software, B2B SaaS, software as a service, "
        "software and SaaS, software and internet, software publishing, software products, software house, "
        "software vendor, ISV, application software, mobile apps, apps, app development, desktop computing "
        "software products, mobile computing software products, embedded software products, CRM software, "
        "ERP, ERP software, Softwareentwicklung, Softwarehersteller, Softwareunternehmen, Softwarebranche, "
        "logiciel, édition de logiciels, éditeur de logiciels, développement de logiciels, desarrollo de "
        "software, programas informáticos, sviluppo software, desenvolvimento de software, "
        "softwareontwikkeling, computer games, gaming, video games, games, game development, mobile gaming "
        "apps, mobile games, esports, Computerspiele, jeux vidéo, videojuegos, videogiochi, jogos, data "
        "analytics, analytics, business intelligence, business intelligence platforms, big data, artificial "
        "intelligence, AI, machine learning, generative AI, künstliche Intelligenz, KI, intelligence "
        "artificielle, IA, inteligencia artificial, intelligenza artificiale, kunstmatige intelligentie, "
        "devtools, developer tools, low code, no code, deep tech, blockchain, web3, data infrastructure and "
        "analytics, internet of things, IoT, PaaS, platform as a service"),
    "516": ("Broadcasting and Content Providers",
        "broadcast media, broadcasting, broadcast media production and distribution, TV, television, radio, "
        "radio and television broadcasting, online audio and video media, Rundfunk, Fernsehen, "
        "radiodiffusion, televisione, televisão, omroep"),
    "5162": ("Media Streaming Distribution Services, Social Networks, and Other Media Networks and Content Providers",
        "streaming, social media, social networks, social networking platforms, online media, digital "
        "media, internet news, online publishing, online and print publishing, internet publishing, content "
        "providers, réseaux sociaux, redes sociales"),
    "517": ("Telecommunications",
        "telecom, telco, wireless, mobile network operator, wireless services, telecommunications carriers, "
        "satellite telecommunications, internet service provider, ISP, broadband, Telekommunikation, "
        "telecomunicaciones, telecomunicazioni, telecomunicações, telecommunicatie"),
    "5182": ("Computing Infrastructure Providers, Data Processing, Web Hosting, and Related Services",
        "hosting, web hosting, cloud, cloud computing, cloud services, cloud infrastructure, data centers, "
        "data centres, data processing, data hosting, IaaS, infrastructure as a service, Rechenzentrum, "
        "Cloud Dienste, hébergement, centro de datos, alojamiento web"),
    "519": ("Web Search Portals, Libraries, Archives, and Other Information Services",
        "information services, Informationsdienste"),
    "51921": ("Libraries and Archives",
        "library, archives, Bibliothek, bibliothèque, biblioteca, bibliotheek"),
    "51929": ("Web Search Portals and All Other Information Services",
        "internet, internet software and services, online services, web, internet marketplace platforms, "
        "marketplace, online marketplace, search engines, portals, technology information and internet, "
        "internet services, online platform, platform, dot com, Internetdienste, services internet"),
    "52": ("Finance and Insurance",
        "finance, financial services, financial, finance and banking, banking and financial services, "
        "financial services and insurance, BFSI, Finanzen, Finanzdienstleistungen, Finanzdienstleister, "
        "Finanzbranche, Finanzwesen, services financiers, servicios financieros, finanzas, servizi "
        "finanziari, serviços financeiros, finanças, financiële dienstverlening, financiën, financiele "
        "diensten"),
    "521": ("Monetary Authorities-Central Bank", "central bank, Zentralbank, banque centrale, banco central"),
    "522": ("Credit Intermediation and Related Activities",
        "lending, loans, credit, mortgage, consumer finance, leasing finance, Kredit, crédito, hypotheken"),
    "5221": ("Depository Credit Intermediation",
        "banking, banks, banking and mortgage, retail banking, commercial banking, credit unions, savings "
        "banks, savings institutions, neobank, Bankwesen, Banken, Sparkasse, Kreditinstitut, banque, "
        "secteur bancaire, banca, bancos, banche, settore bancario, bankwezen"),
    "5223": ("Activities Related to Credit Intermediation",
        "payments, payment processing, payment services, Zahlungsverkehr, paiement, pagos, pagamenti, "
        "pagamentos, betalingen"),
    "523": ("Securities, Commodity Contracts, and Other Financial Investments and Related Activities",
        "capital markets, capital markets hedge fund private equity, securities, investment, brokers, "
        "brokerage, stock exchange, securities and commodity exchanges, crypto, cryptocurrency, "
        "Kapitalmarkt, Börse, Wertpapiere, marchés de capitaux, inversiones, investimenti, investimentos, "
        "beleggen"),
    "5231": ("Securities and Commodity Contracts Intermediation and Brokerage",
        "investment banking, investment bank, investment banking venture, banque d'affaires, banca de "
        "inversión"),
    "5239": ("Other Financial Investment Activities",
        "venture capital, VC, private equity, PE, venture capital and private equity, venture capital and "
        "private equity principals, investment management, asset management, wealth management, hedge "
        "funds, investment management hedge fund private equity, family office, investment advice, "
        "financial advisory, Vermögensverwaltung, Beteiligungsgesellschaft, Risikokapital, capital risque, "
        "gestion d'actifs, gestion de patrimoine, capital riesgo, gestión de activos, capitale di rischio, "
        "gestione patrimoniale, vermogensbeheer"),
    "524": ("Insurance Carriers and Related Activities",
        "insurance, insurer, insurance carriers, insurance agencies and brokerages, insurance brokers, "
        "reinsurance, Versicherung, Versicherungen, Versicherungswesen, Versicherer, assurance, seguros, "
        "assicurazioni, assicurazione, verzekeringen, verzekering, claims adjusting actuarial services"),
    "525": ("Funds, Trusts, and Other Financial Vehicles",
        "funds and trusts, pension funds, investment funds, trusts and estates, Pensionskasse"),
    "53": ("Real Estate and Rental and Leasing",
        "real estate and equipment rental services, rental and leasing"),
    "531": ("Real Estate",
        "property, property management, commercial real estate, real estate mortgage, realty, leasing non "
        "residential real estate, leasing residential real estate, real estate agents and brokers, real "
        "estate development, Immobilien, Immobilienwirtschaft, Hausverwaltung, Immobilienbranche, "
        "immobilier, inmobiliaria, bienes raíces, sector inmobiliario, immobiliare, imobiliário, imóveis, "
        "imobiliária, vastgoed, onroerend goed"),
    "532": ("Rental and Leasing Services",
        "rental, equipment rental, equipment rental and leasing, equipment rental services, car rental, "
        "leasing, consumer goods rental, Vermietung, Autovermietung, location de matériel, alquiler, "
        "noleggio, aluguel, verhuur"),
    "54": ("Professional, Scientific, and Technical Services",
        "professional services, business services, B2B services, technical services, services, "
        "Dienstleistungen, Dienstleistung, Dienstleister, freie Berufe, services aux entreprises, "
        "prestations de services, servicios profesionales, servicios, servizi, servizi professionali, "
        "serviços, serviços profissionais, zakelijke dienstverlening, dienstverlening"),
    "5411": ("Legal Services",
        "legal, law, law practice, law firms, law practice law firms, lawyers, attorneys, alternative "
        "dispute resolution, notary, Recht, Rechtsberatung, Rechtsanwälte, Kanzlei, Anwaltskanzlei, "
        "juridique, cabinet d'avocats, avocats, services juridiques, abogados, servicios legales, servizi "
        "legali, studio legale, advocacia, serviços jurídicos, juridische dienstverlening, advocatuur"),
    "5412": ("Accounting, Tax Preparation, Bookkeeping, and Payroll Services",
        "accounting, accountancy, audit, auditing, tax, tax advisory, bookkeeping, payroll, accounting "
        "services, Buchhaltung, Steuerberatung, Wirtschaftsprüfung, Steuerberater, comptabilité, expertise "
        "comptable, cabinet comptable, contabilidad, asesoría fiscal, contabilità, commercialisti, "
        "contabilidade, boekhouding, accountants"),
    "5413": ("Architectural, Engineering, and Related Services",
        "architecture and engineering, surveying, testing laboratories, inspection"),
    "54131": ("Architectural Services",
        "architecture, architecture and planning, architects, urban planning, landscape architecture, "
        "Architektur, Architekten, Stadtplanung, arquitectura, architettura, arquitetura, architectuur"),
    "54133": ("Engineering Services",
        "engineering, engineering firm, engineering consultancy, industrial engineering, Ingenieurwesen, "
        "Ingenieurbüro, Ingenieurdienstleistungen, Technik, ingénierie, bureau d'études, ingeniería, "
        "ingegneria, engenharia, ingenieursbureau, techniek"),
    "5414": ("Specialized Design Services",
        "design, design services, design direction and creative management, industrial design, product "
        "design, interior design, fashion design, Innenarchitektur, diseño, stylisme, ontwerp"),
    "54143": ("Graphic Design Services",
        "graphic design, web design, graphic design web design, webdesign, Grafikdesign, graphisme, diseño "
        "gráfico, diseño web, grafica, vormgeving"),
    "5415": ("Computer Systems Design and Related Services",
        "IT services, IT, information technology, information technology and services, information "
        "technology IT, IT services and IT consulting, IT consulting, IT consultancy, IT consulting and "
        "outsourcing, technology consulting, technology services, technology solutions, IT solutions, "
        "computer services, computer systems design, systems integration, system integrator, managed "
        "services, managed service provider, MSP, IT outsourcing, digital transformation, ICT, information "
        "and communication technology, Informationstechnologie, Informationstechnik, EDV, IT "
        "Dienstleistungen, IT Dienstleister, IT Beratung, IT Systemhaus, Systemhaus, Informatik, IT und "
        "Software, informatique, services informatiques, ESN, SSII, conseil informatique, informática, "
        "tecnologías de la información, servicios informáticos, consultoría informática, servizi "
        "informatici, tecnologie dell'informazione, consulenza informatica, tecnologia da informação, TI, "
        "serviços de TI, serviços de informática, IT dienstverlening, automatisering en ICT, IT system data "
        "services, IT system design services"),
    "541511": ("Custom Computer Programming Services",
        "custom software, custom software development, software engineering services, IT system custom "
        "software development, web development, web agency, app agency, software agency, "
        "Individualsoftware, Webentwicklung, développement web, desarrollo web, sviluppo web, "
        "webontwikkeling"),
    "541519": ("Other Computer Related Services",
        "cybersecurity, cyber security, IT security, information security, computer and network security, "
        "network security, computer security, infosec, IT Sicherheit, Cybersicherheit, cybersécurité, "
        "sécurité informatique, ciberseguridad, sicurezza informatica, cibersegurança, cyberbeveiliging"),
    "5416": ("Management, Scientific, and Technical Consulting Services",
        "consulting, consultancy, consultants, consulting services, advisory, Beratung, "
        "Unternehmensberatung, conseil, consultoría, consulenza, advies, adviesbureau"),
    "54161": ("Management Consulting Services",
        "management consulting, business consulting, business consulting and services, strategic management "
        "services, strategy consulting, operations consulting, program development, Managementberatung, "
        "Strategieberatung, conseil en management, conseil en stratégie, consultoría de gestión, consulenza "
        "aziendale, consulenza direzionale, consultoria empresarial, organisatieadvies"),
    "541612": ("Human Resources Consulting Services",
        "human resources, HR, human resources services, human resources HR, HR consulting, Personalwesen, "
        "Personalberatung, Personal, ressources humaines, RH, recursos humanos, RRHH, risorse umane, "
        "personeelszaken"),
    "541613": ("Marketing Consulting Services",
        "marketing, marketing services, marketing consulting, growth marketing, marketing consultancy, "
        "sales consulting, events marketing, mercadotecnia"),
    "54162": ("Environmental Consulting Services",
        "environmental services, environmental, environment, environmental consulting, sustainability, "
        "climate tech, ESG, Umwelt, Umwelttechnik, Umweltschutz, Nachhaltigkeit, environnement, medio "
        "ambiente, ambiente, meio ambiente, milieu, climate data and analytics"),
    "5417": ("Scientific Research and Development Services",
        "research, R&D, research and development, research services, science, Forschung, Forschung und "
        "Entwicklung, recherche, recherche et développement, investigación, ricerca, ricerca e sviluppo, "
        "pesquisa, onderzoek, space research and technology"),
    "541713": ("Research and Development in Nanotechnology",
        "nanotechnology, nanotech, nanotechnology research, Nanotechnologie"),
    "541714": ("Research and Development in Biotechnology",
        "biotechnology, biotech, biotechnology research, bio technology, bioscience, biotechnology "
        "greentech, Biotechnologie, biotecnología, biotecnologie"),
    "54172": ("Research and Development in the Social Sciences and Humanities", "think tanks"),
    "5418": ("Advertising, Public Relations, and Related Services",
        "advertising, marketing and advertising, advertising and marketing, advertising services, agency, "
        "marketing agency, digital agency, creative agency, advertising agency, media agency, media buying, "
        "digital marketing, SEO, SEO agency, marketing advertising sales, online marketing, performance "
        "marketing, outdoor advertising, promotion, Werbung, Werbeagentur, Agentur, Marketingagentur, "
        "Digitalagentur, Marketing und Werbung, publicité, agence, agence de communication, agence "
        "marketing, marketing et publicité, publicidad, agencia, marketing y publicidad, agencia de "
        "marketing, pubblicità, agenzia, agenzia di comunicazione, marketing e pubblicità, publicidade, "
        "marketing e publicidade, reclame, reclamebureau, marketingbureau, marketing en reclame"),
    "54182": ("Public Relations Agencies",
        "public relations, PR, public relations and communications, public relations and communications "
        "services, public relations PR, communications agency, PR agency, corporate communications, "
        "government relations, government relations services, lobbying, public affairs, "
        "Öffentlichkeitsarbeit, relations publiques, relaciones públicas, pubbliche relazioni, relações "
        "públicas"),
    "5419": ("Other Professional, Scientific, and Technical Services",
        "writing and editing, writing, copywriting, content writing, appraisal"),
    "54191": ("Marketing Research and Public Opinion Polling",
        "market research, Marktforschung, études de marché, investigación de mercados, ricerche di mercato, "
        "pesquisa de mercado, marktonderzoek"),
    "54192": ("Photographic Services", "photography, photographer, photographie, fotografie, fotografía"),
    "54193": ("Translation and Interpretation Services",
        "translation, translation and localization, localization, Übersetzung, Übersetzungen, traduction, "
        "traducción, traduzioni, tradução, vertaling"),
    "54194": ("Veterinary Services",
        "veterinary, veterinarian, vet, Tierarzt, Tiermedizin, vétérinaire, veterinaria, dierenarts"),
    "55": ("Management of Companies and Enterprises",
        "holding companies, conglomerate, executive office, Beteiligungen, Konzern"),
    "56": ("Administrative and Support and Waste Management and Remediation Services",
        "administrative and support services"),
    "5611": ("Office Administrative Services",
        "office administration, coworking, virtual assistants, Büroservice"),
    "5612": ("Facilities Support Services", "facilities services, facility management, Gebäudemanagement"),
    "5613": ("Employment Services",
        "staffing, staffing and recruiting, recruiting, recruitment, recruitment agency, executive search, "
        "headhunting, temp agency, temporary help services, executive search services, Zeitarbeit, "
        "Personalvermittlung, Personaldienstleister, Personaldienstleistungen, Arbeitnehmerüberlassung, "
        "intérim, recrutement, cabinet de recrutement, selección de personal, trabajo temporal, "
        "reclutamiento, ricerca e selezione, lavoro interinale, agenzia per il lavoro, recrutamento, "
        "uitzendbureau, werving en selectie, detachering"),
    "5614": ("Business Support Services",
        "outsourcing, BPO, outsourcing and offshoring consulting, outsourcing offshoring, business process "
        "outsourcing, call center, contact center, customer service, telephone call centers, collection "
        "agencies, debt collection, Callcenter, Inkasso, centre d'appels"),
    "5615": ("Travel Arrangement and Reservation Services",
        "travel, travel agency, travel arrangements, tour operator, tourism, leisure travel and tourism, "
        "leisure travel, travel and tourism, travel and leisure, travel tech, Reisen, Tourismus, Reisebüro, "
        "Reiseveranstalter, tourisme, voyage, turismo, viajes, agencia de viajes, viaggi, viagens, "
        "toerisme, reizen"),
    "5616": ("Investigation and Security Services",
        "security, security and investigations, security services, private security, security systems, "
        "security systems services, Sicherheit, Sicherheitsdienst, Wachdienst, sécurité, sécurité privée, "
        "seguridad, seguridad privada, sicurezza, vigilanza, segurança, beveiliging"),
    "5617": ("Services to Buildings and Dwellings",
        "cleaning, cleaning services, janitorial services, landscaping, landscaping services, pest control, "
        "Reinigung, Gebäudereinigung, nettoyage, propreté, limpieza, pulizie, limpeza, schoonmaak"),
    "5619": ("Other Support Services",
        "events, events services, event management, event planning, trade shows, conferences, "
        "Veranstaltungen, Eventagentur, Messen, événementiel, eventos, eventi, evenementen"),
    "562": ("Waste Management and Remediation Services",
        "waste management, waste, recycling, waste collection, waste treatment and disposal, circular "
        "economy, Abfallwirtschaft, Entsorgung, gestion des déchets, recyclage, gestión de residuos, "
        "reciclaje, gestione rifiuti, rifiuti, gestão de resíduos, reciclagem, afvalverwerking"),
    "61": ("Educational Services",
        "education, education management, education administration programs, schools and education, school, "
        "schools and universities, Bildung, Bildungswesen, Erziehung, Schulen, enseignement, educación, "
        "istruzione, educação, educazione, ensino, onderwijs, all other miscellaneous schools and "
        "instruction"),
    "6111": ("Elementary and Secondary Schools",
        "primary and secondary education, K12, K-12, primary education, high school, Schule, école, "
        "escuela, scuola, escola"),
    "6113": ("Colleges, Universities, and Professional Schools",
        "higher education, higher education academia, higher education acadamia, university, college, "
        "academia, Hochschule, Universität, Hochschulen, enseignement supérieur, université, universidad, "
        "universidades, educación superior, università, ensino superior, hoger onderwijs, universiteit"),
    "6114": ("Business Schools and Computer and Management Training",
        "professional training and coaching, professional training, training, coaching, corporate training, "
        "leadership training, business school, Weiterbildung, Schulung, formation, formation "
        "professionnelle, formación, formazione, formação, treinamento, opleiding, opleidingen, trainingen"),
    "6116": ("Other Schools and Instruction",
        "language schools, tutoring, driving school, sports and recreation instruction, fine arts schools, "
        "Sprachschule, Nachhilfe"),
    "6117": ("Educational Support Services", "test preparation, student services, study abroad"),
    "62": ("Health Care and Social Assistance",
        "healthcare, health care, health, health services, healthcare services, medical, health and social "
        "care, healthcare and medical, hospitals and health care, Gesundheitswesen, Gesundheit, Medizin, "
        "santé, salud, sanidad, atención médica, sanità, salute, assistenza sanitaria, saúde, serviços de "
        "saúde, gezondheidszorg, zorg"),
    "621": ("Ambulatory Health Care Services",
        "outpatient care centers, outpatient care, clinics, doctors offices and clinics, medical clinic, "
        "medical and diagnostic laboratories, diagnostics, home health care, home health care services, "
        "ambulance services, Klinik, Labor, clinique, clínica, laboratorio, pflegedienst"),
    "6211": ("Offices of Physicians",
        "medical practice, physicians, doctors, Arztpraxis, Ärzte, cabinet médical, médecins, médicos, "
        "studio medico, huisarts"),
    "6212": ("Offices of Dentists",
        "dental, dentists, dentistry, Zahnarzt, Zahnmedizin, dentaire, dentiste, odontología, odontoiatria, "
        "dentista, tandarts"),
    "6213": ("Offices of Other Health Practitioners",
        "alternative medicine, chiropractors, physical therapy, physiotherapy, optometrists, physical "
        "occupational and speech therapists, Physiotherapie, Heilpraktiker, kinésithérapie, fisioterapia, "
        "fysiotherapie"),
    "62133": ("Offices of Mental Health Practitioners (except Physicians)",
        "mental health care, mental health, psychology, psychotherapy, psychologists, Psychotherapie, santé "
        "mentale, salud mental, salute mentale, geestelijke gezondheidszorg, GGZ"),
    "622": ("Hospitals",
        "hospital systems, Krankenhaus, Krankenhäuser, Kliniken, hôpital, hôpitaux, hospitales, ospedale, "
        "ospedali, hospitais, ziekenhuis, ziekenhuizen"),
    "623": ("Nursing and Residential Care Facilities",
        "nursing homes, elderly care, senior care, nursing homes and residential care facilities, assisted "
        "living, Altenpflege, Pflegeheim, Pflege, EHPAD, residencias de ancianos, case di riposo, "
        "ouderenzorg"),
    "624": ("Social Assistance",
        "social services, individual and family services, community services, services for the elderly and "
        "disabled, child day care services, child care, childcare, emergency and relief services, soziale "
        "Dienste, Sozialwesen, action sociale, servicios sociales, servizi sociali, serviços sociais, "
        "kinderopvang, welzijn"),
    "71": ("Arts, Entertainment, and Recreation",
        "entertainment, arts, leisure, recreation, arts and entertainment, sports and recreation, "
        "Unterhaltung, Freizeit, Kultur, divertissement, loisirs, culture, entretenimiento, ocio, cultura, "
        "intrattenimento, entretenimento, lazer, vermaak, vrije tijd"),
    "711": ("Performing Arts, Spectator Sports, and Related Industries",
        "performing arts and spectator sports"),
    "7111": ("Performing Arts Companies",
        "theater, theatre, dance companies, circuses and magic shows, spectacle vivant, artes escénicas, "
        "teatro, podiumkunsten"),
    "7112": ("Spectator Sports",
        "sports, sports teams and clubs, racetracks, deportes, esportes, sportverein, sportclub"),
    "7115": ("Independent Artists, Writers, and Performers",
        "fine art, musicians, artists, artists and writers, arts and crafts, crafts, Kunst, Kunsthandwerk, "
        "art, arte, artesanía, artigianato, artesanato"),
    "712": ("Museums, Historical Sites, and Similar Institutions",
        "museums, museums and institutions, museums historical sites and zoos, zoos, historical sites, "
        "Museen, musées, museos, musei, museus, musea"),
    "713": ("Amusement, Gambling, and Recreation Industries",
        "recreational facilities and services, recreational facilities, amusement parks, amusement parks "
        "and arcades, ski resorts, golf courses and country clubs, Freizeitparks"),
    "7132": ("Gambling Industries",
        "gambling and casinos, casinos, betting, igaming, lottery, gambling facilities and casinos, "
        "Glücksspiel, jeux d'argent, juegos de azar, apuestas, gioco d'azzardo, scommesse, apostas, "
        "kansspelen"),
    "71394": ("Fitness and Recreational Sports Centers",
        "fitness, gyms, health and fitness, health wellness and fitness, wellness and fitness services, "
        "wellness, sports clubs, Fitnessstudio, bien être, gimnasios, palestra, palestre, academia de "
        "ginástica, sportschool"),
    "72": ("Accommodation and Food Services",
        "hospitality, horeca, hospitality and tourism, hotels and restaurants, Gastgewerbe, hôtellerie "
        "restauration, hostelería, ospitalità, hotelaria, Hotellerie und Gastronomie"),
    "721": ("Accommodation",
        "hotels, lodging, hotels and motels, resorts, accommodation services, bed and breakfasts hostels "
        "homestays, Hotellerie, Hotelgewerbe, hoteles, hotelería, alberghi, hotéis, hotelsector"),
    "722": ("Food Services and Drinking Places",
        "food and beverage services, food service, gastronomy, bars, eating and drinking places, bars "
        "taverns and nightclubs, nightlife, catering, caterers, mobile food services, Gastronomie, bares"),
    "7225": ("Restaurants and Other Eating Places",
        "restaurants, fast food, cafe, coffee shops, restauration, restauration rapide, restaurantes, "
        "ristorazione, ristoranti"),
    "81": ("Other Services (except Public Administration)",
        "consumer services, personal services, B2C services, services aux particuliers, servicios al "
        "consumidor"),
    "811": ("Repair and Maintenance",
        "repair, maintenance, vehicle repair and maintenance, car repair, auto repair, workshop, commercial "
        "and industrial machinery maintenance, electronic and precision equipment maintenance, Reparatur, "
        "Instandhaltung, Kfz Werkstatt, Wartung, réparation, mantenimiento, manutenzione, manutenção, "
        "onderhoud"),
    "812": ("Personal and Laundry Services",
        "personal care services, hair salon, beauty salon, laundry, laundry and drycleaning services, "
        "funeral services, pet services, Friseur, Wäscherei, coiffure, peluquería, parrucchieri, kapper"),
    "813": ("Religious, Grantmaking, Civic, Professional, and Similar Organizations",
        "nonprofit, non profit, not for profit, non profit organization, nonprofit organization, nonprofit "
        "organization management, non profit organization management, non profit volunteering, NGO, "
        "charity, associations, civic and social organizations, volunteering, gemeinnützig, Verein, "
        "Verband, Verbände, NPO, gemeinnützige Organisation, associations et fondations, ONG, organisation "
        "à but non lucratif, sin ánimo de lucro, asociaciones, organizaciones sin fines de lucro, non "
        "profit organisatie, associazioni, no profit, terceiro setor, sem fins lucrativos, goede doelen, "
        "stichting, vereniging"),
    "8131": ("Religious Organizations",
        "religious institutions, religion, church, churches, Kirche, église, iglesia, chiesa, igreja, kerk"),
    "8132": ("Grantmaking and Giving Services",
        "philanthropy, philanthropic fundraising services, fundraising, fund raising, foundations, "
        "Stiftung, Stiftungen, fondation, fundación, fondazione, fundação"),
    "8139": ("Business, Professional, Labor, Political, and Similar Organizations",
        "political organization, professional organizations, industry associations, trade associations, "
        "chambers of commerce, labor unions, Gewerkschaft, Handelskammer, Partei, syndicat, sindicato, "
        "vakbond"),
    "92": ("Public Administration",
        "government, public sector, government administration, public services, federal government, local "
        "government, state government, public policy, public policy offices, govtech, öffentlicher Dienst, "
        "öffentliche Verwaltung, öffentlicher Sektor, Verwaltung, Behörde, Behörden, Regierung, "
        "administration publique, administration, collectivités, gouvernement, sector público, gobierno, "
        "administración pública, settore pubblico, pubblica amministrazione, governo, administração "
        "pública, overheid, publieke sector"),
    "921": ("Executive, Legislative, and Other General Government Support",
        "legislative office, parliament, municipality, Kommune, mairie, ayuntamiento, comune, gemeente, "
        "prefeitura"),
    "922": ("Justice, Public Order, and Safety Activities",
        "judiciary, law enforcement, public safety, courts, courts of law, police, fire protection, "
        "administration of justice, Justiz, Polizei, Feuerwehr, justice, justicia, giustizia, justiça, "
        "justitie, politie"),
    "928": ("National Security and International Affairs",
        "military, armed forces, military and international affairs, international affairs, international "
        "trade and development, diplomacy, Militär, Bundeswehr, armée, affaires étrangères, ejército"),
}  # fmt: skip
"""Code -> its title, and other words for it."""

COMPOUNDS: dict[str, str] = {
    "5132/5415/5182/51929/334": (
        "technology, tech, high tech, IT and technology, information technology and software, software and "
        "IT, software and IT services, software and hardware, computers, computers and technology, "
        "Technologie, tecnología, tech startup, digital, numérique, TIC, software and technology, IT und "
        "Telekommunikation, technologiesector"),
    "512/5131/516/5162": (
        "media, media and entertainment, media and publishing, media and internet, mass media, Medien, "
        "medios, medios de comunicación, mezzi di comunicazione, mídia"),
    "311/312/3256/33991/3343/3352/315": (
        "consumer goods, FMCG, CPG, consumer packaged goods, consumer products, fast moving consumer goods, "
        "Konsumgüter, Konsumgüterindustrie, biens de consommation, bienes de consumo, beni di consumo, bens "
        "de consumo, consumentengoederen, consumer discretionary, consumer staples"),
    "311/3121/722": (
        "food and beverages, food and drink, food and beverage services and manufacturing, Lebensmittel und "
        "Getränke, Essen und Trinken, alimentation et boissons, alimentos y bebidas, alimentari e bevande, "
        "alimentos e bebidas, eten en drinken, voeding"),
    "2211/211/22": (
        "energy and utilities, oil gas and energy, oil and energy and utilities, energy utilities and waste"),
    "3391/3254/541714/62": "healthcare and life sciences, health and life sciences, pharma and healthcare",
    "5132+52": "fintech, fin tech, financial technology, financial software, banking software",
    "5132+524": "insurtech, insurance technology, insurance software",
    "5132+62": (
        "healthtech, health tech, digital health, e health, healthcare software, health information "
        "technology, healthcare technology, telemedicine, mhealth"),
    "5132+61": (
        "edtech, ed tech, education technology, educational technology, e learning, elearning, e learning "
        "providers"),
    "5132+531": "proptech, prop tech, real estate technology, real estate software",
    "5132+5411": "legaltech, legal tech, legal technology, legal software",
    "5132+541612": "HR tech, hrtech, HR software, human resources technology, recruiting software",
    "5132+5418": (
        "martech, mar tech, marketing technology, adtech, ad tech, advertising technology, marketing "
        "software, marketing automation, sales tech"),
    "5132+48": "logistics tech, logtech, supply chain software, logistics software",
    "5132+23": "contech, construction tech, construction software",
    "5132+44": "retail tech, retail software, e commerce software, ecommerce software, e commerce platform",
    "5132+92": "government technology, govtech software",
    "44+51929": (
        "e commerce, ecommerce, online retail, online shop, online shopping, internet retail, electronic "
        "commerce, retail e commerce, e tailing, mail order, direct to consumer, D2C, Onlinehandel, "
        "Versandhandel, Online Handel, commerce en ligne, vente en ligne, comercio electrónico, commercio "
        "elettronico, comércio eletrônico, webwinkel, online and mail order retail"),
}  # fmt: skip
"""Several codes at once: `5132/5415` is one of them, nobody knows which; `5132+52` is both."""

KIN: tuple[tuple[float, str], ...] = (
    (0.85, "5132 5415 5182 51929"),
    (0.85, "3254 541714"),
    (0.85, "5418 541613 54143"),
    (0.8, "5613 541612"),
    (0.7, "3391 62 3254"),
    (0.7, "3361 3363 441 8111"),
    (0.7, "54133 237 54131"),
    (0.7, "236 531"),
    (0.7, "5615 721 713"),
    (0.7, "5182 517"),
    (0.7, "711 5121 5122 516"),
    (0.7, "2211 211 54162"),
    (0.7, "311 722 445"),
    (0.7, "315 458"),
    (0.6, "3341 5415 5132"),
    (0.6, "5418 516"),
    (0.6, "481 3364"),
    (0.6, "44 42"),
    (0.6, "54161 5412"),
    (0.4, "5132 5131"),
)
"""Industries that are nearer to each other, or farther, than the tree has them.

NAICS sorts by how a thing is produced, a campaign asks who buys the same: software, IT services, hosting and web
companies are one market (as in the OECD's definition of the information economy) in two sectors and three subsectors,
and newspapers no neighbour of software, although both are published.
"""
