"""Which region keeps which time, for the countries with more than one zone: tables, read by `places`.

Written from tzdata's `zone.tab` comments. An entry `CA=California` is an abbreviation and a name of one
region; the first spelling is the one that `APART` uses. A region cut by a zone border has the zone of most
of its people, and `APART` names its larger cities on the other side.
"""

MAIN_ZONE: dict[str, str] = {
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GL": "America/Nuuk",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}
"""Countries where nearly everybody lives by one clock, whatever their outlying zones."""

REGIONS: dict[str, dict[str, str]] = {
    "US": {
        "America/New_York": (
            "CT=Connecticut, DE=Delaware, DC=District of Columbia=Washington DC, FL=Florida, GA=Georgia, "
            "KY=Kentucky, ME=Maine, MD=Maryland, MA=Massachusetts, NH=New Hampshire, NJ=New Jersey, "
            "NY=New York, NC=North Carolina, OH=Ohio, PA=Pennsylvania, RI=Rhode Island, SC=South Carolina, "
            "VT=Vermont, VA=Virginia, WV=West Virginia"
        ),
        "America/Detroit": "MI=Michigan",
        "America/Indiana/Indianapolis": "IN=Indiana",
        "America/Chicago": (
            "AL=Alabama, AR=Arkansas, IL=Illinois, IA=Iowa, KS=Kansas, LA=Louisiana, MN=Minnesota, "
            "MS=Mississippi, MO=Missouri, NE=Nebraska, ND=North Dakota, OK=Oklahoma, SD=South Dakota, "
            "TN=Tennessee, TX=Texas, WI=Wisconsin"
        ),
        "America/Denver": "CO=Colorado, MT=Montana, NM=New Mexico, UT=Utah, WY=Wyoming",
        "America/Boise": "ID=Idaho",
        "America/Phoenix": "AZ=Arizona",
        "America/Los_Angeles": "CA=California, NV=Nevada, OR=Oregon, WA=Washington",
        "America/Anchorage": "AK=Alaska",
        "Pacific/Honolulu": "HI=Hawaii",
        "America/Puerto_Rico": "PR=Puerto Rico",
    },
    "CA": {
        "America/St_Johns": "NL=NF=Newfoundland and Labrador=Newfoundland=Terre-Neuve-et-Labrador",
        "America/Halifax": (
            "NS=Nova Scotia=Nouvelle-Écosse, PE=PEI=Prince Edward Island=Île-du-Prince-Édouard"
        ),
        "America/Moncton": "NB=New Brunswick=Nouveau-Brunswick",
        "America/Toronto": "ON=Ontario, QC=PQ=Quebec",
        "America/Winnipeg": "MB=Manitoba",
        "America/Regina": "SK=Saskatchewan",
        "America/Edmonton": "AB=Alberta, NT=NWT=Northwest Territories=Territoires du Nord-Ouest",
        "America/Vancouver": "BC=British Columbia=Colombie-Britannique",
        "America/Whitehorse": "YT=YK=Yukon",
        "America/Iqaluit": "NU=Nunavut",
    },
    "AU": {
        "Australia/Sydney": "NSW=New South Wales, ACT=Australian Capital Territory=Canberra",
        "Australia/Melbourne": "VIC=Victoria",
        "Australia/Brisbane": "QLD=Queensland",
        "Australia/Adelaide": "SA=South Australia",
        "Australia/Perth": "WA=Western Australia",
        "Australia/Hobart": "TAS=Tasmania",
        "Australia/Darwin": "NT=Northern Territory",
    },
    "BR": {
        "America/Sao_Paulo": (
            "SP=São Paulo, RJ=Rio de Janeiro, MG=Minas Gerais, ES=Espírito Santo, PR=Paraná, "
            "SC=Santa Catarina, RS=Rio Grande do Sul, GO=Goiás, DF=Distrito Federal=Federal District=Brasília"
        ),
        "America/Bahia": "BA=Bahia",
        "America/Recife": "PE=Pernambuco",
        "America/Fortaleza": "CE=Ceará, RN=Rio Grande do Norte, PB=Paraíba, PI=Piauí, MA=Maranhão",
        "America/Maceio": "AL=Alagoas, SE=Sergipe",
        "America/Araguaina": "TO=Tocantins",
        "America/Belem": "PA=Pará, AP=Amapá",
        "America/Cuiaba": "MT=Mato Grosso",
        "America/Campo_Grande": "MS=Mato Grosso do Sul",
        "America/Manaus": "AM=Amazonas",
        "America/Porto_Velho": "RO=Rondônia",
        "America/Boa_Vista": "RR=Roraima",
        "America/Rio_Branco": "AC=Acre",
    },
    "MX": {
        "America/Mexico_City": (
            "CDMX=DF=Ciudad de México=Distrito Federal, Aguascalientes, Chiapas, Colima, Guanajuato, "
            "Guerrero, "
            "Hidalgo, Jalisco, México=Estado de México=Edomex, Michoacán=Michoacán de Ocampo, Morelos, "
            "Oaxaca, "
            "Puebla, Querétaro, San Luis Potosí, Tabasco, Tlaxcala, "
            "Veracruz=Veracruz de Ignacio de la Llave, Zacatecas"
        ),
        "America/Cancun": "QR=Q Roo=Quintana Roo",
        "America/Merida": "Yucatán, Campeche",
        "America/Monterrey": "NL=Nuevo León, Coahuila=Coahuila de Zaragoza, Tamaulipas, Durango",
        "America/Chihuahua": "Chihuahua",
        "America/Hermosillo": "Sonora",
        "America/Mazatlan": "BCS=Baja California Sur, Sinaloa, Nayarit",
        "America/Tijuana": "BC=BCN=Baja California=Baja California Norte",
    },
    "RU": {
        "Europe/Kaliningrad": "Kaliningrad",
        "Europe/Moscow": (
            "Moscow=Moskva, Saint Petersburg=Sankt-Peterburg, Leningrad, Nizhny Novgorod, Tatarstan, "
            "Krasnodar, "
            "Rostov, Voronezh, Tula, Tver, Yaroslavl, Vladimir, Ryazan, Kaluga, Bryansk, Smolensk, Belgorod, "
            "Kursk, Lipetsk, Tambov, Orel=Oryol, Penza, Ivanovo, Kostroma, Vologda, Arkhangelsk, Murmansk, "
            "Karelia, Komi, Pskov, Novgorod, Chuvashia, Mari El, Mordovia, Stavropol, Dagestan, Chechnya, "
            "Adygea"
        ),
        "Europe/Kirov": "Kirov",
        "Europe/Volgograd": "Volgograd",
        "Europe/Astrakhan": "Astrakhan",
        "Europe/Saratov": "Saratov",
        "Europe/Ulyanovsk": "Ulyanovsk",
        "Europe/Samara": "Samara, Udmurtia",
        "Asia/Yekaterinburg": (
            "Sverdlovsk, Chelyabinsk, Perm, Bashkortostan, Tyumen, Orenburg, Kurgan, Khanty-Mansi, "
            "Yamalo-Nenets"
        ),
        "Asia/Omsk": "Omsk",
        "Asia/Novosibirsk": "Novosibirsk",
        "Asia/Barnaul": "Altai",
        "Asia/Tomsk": "Tomsk",
        "Asia/Novokuznetsk": "Kemerovo",
        "Asia/Krasnoyarsk": "Krasnoyarsk, Khakassia, Tuva",
        "Asia/Irkutsk": "Irkutsk, Buryatia",
        "Asia/Chita": "Zabaykalsky=Transbaikal",
        "Asia/Yakutsk": "Sakha=Yakutia, Amur",
        "Asia/Vladivostok": "Primorsky=Primorye, Khabarovsk, Jewish Autonomous",
        "Asia/Magadan": "Magadan",
        "Asia/Sakhalin": "Sakhalin",
        "Asia/Kamchatka": "Kamchatka",
        "Asia/Anadyr": "Chukotka",
    },
    "ID": {
        "Asia/Jakarta": (
            "DKI Jakarta=Jakarta=Jakarta Raya, Banten, West Java=Jawa Barat, Central Java=Jawa Tengah, "
            "East Java=Jawa Timur, Yogyakarta=DI Yogyakarta, Aceh, North Sumatra=Sumatera Utara, "
            "West Sumatra=Sumatera Barat, South Sumatra=Sumatera Selatan, Riau, Riau Islands=Kepulauan Riau, "
            "Jambi, Bengkulu, Lampung, Bangka Belitung"
        ),
        "Asia/Pontianak": "West Kalimantan=Kalimantan Barat, Central Kalimantan=Kalimantan Tengah",
        "Asia/Makassar": (
            "Bali, East Kalimantan=Kalimantan Timur, South Kalimantan=Kalimantan Selatan, "
            "North Kalimantan=Kalimantan Utara, South Sulawesi=Sulawesi Selatan, "
            "North Sulawesi=Sulawesi Utara, "
            "Central Sulawesi=Sulawesi Tengah, Southeast Sulawesi=Sulawesi Tenggara, West Sulawesi, "
            "Gorontalo, "
            "West Nusa Tenggara=Nusa Tenggara Barat, East Nusa Tenggara=Nusa Tenggara Timur"
        ),
        "Asia/Jayapura": "Papua, West Papua=Papua Barat, Maluku, North Maluku=Maluku Utara",
    },
    "ES": {
        "Atlantic/Canary": (
            "Canarias=Canary Islands=Islas Canarias, Las Palmas, Santa Cruz de Tenerife=Tenerife, "
            "Gran Canaria"
        ),
        "Africa/Ceuta": "Ceuta, Melilla",
    },
    "PT": {
        "Atlantic/Azores": "Açores=Azores=Região Autónoma dos Açores",
        "Atlantic/Madeira": "Madeira=Região Autónoma da Madeira",
    },
    "CL": {
        "America/Punta_Arenas": "Magallanes=Magallanes y de la Antártica Chilena",
        "America/Coyhaique": "Aysén=Aisén",
        "Pacific/Easter": "Isla de Pascua=Easter Island",
    },
    "EC": {"Pacific/Galapagos": "Galápagos"},
    "NZ": {"Pacific/Chatham": "Chatham Islands"},
    "PG": {"Pacific/Bougainville": "Bougainville"},
    "MN": {"Asia/Hovd": "Khovd, Uvs, Bayan-Ölgii"},
    "FM": {"Pacific/Chuuk": "Yap", "Pacific/Pohnpei": "Palikir"},
}
"""Country -> zone -> its regions."""

CITIES: dict[str, dict[str, str]] = {
    "US": {
        "America/New_York": (
            "New York City, NYC, Brooklyn, Manhattan, Boston, Philadelphia, Atlanta, Miami, Charlotte, "
            "Pittsburgh, Baltimore, Washington DC, Washington D.C., Tampa, Orlando, Cincinnati, Raleigh, "
            "Knoxville, Chattanooga"
        ),
        "America/Kentucky/Louisville": "Louisville",
        "America/Indiana/Indianapolis": "Indianapolis",
        "America/Chicago": (
            "Houston, Dallas, Austin, San Antonio, Fort Worth, Minneapolis, Milwaukee, Nashville, Memphis, "
            "New Orleans, Oklahoma City, Omaha, Tulsa, St. Louis"
        ),
        "America/Denver": "Salt Lake City, Albuquerque, Colorado Springs, El Paso",
        "America/Phoenix": "Tucson, Scottsdale, Tempe",
        "America/Los_Angeles": (
            "San Francisco, San Diego, San Jose, Seattle, Oakland, Sacramento, Las Vegas, Palo Alto, "
            "Mountain View, Sunnyvale, Santa Monica, Spokane"
        ),
    },
    "CA": {
        "America/Toronto": "Montreal, Ottawa, Mississauga, Quebec City, Waterloo, Markham, Brampton",
        "America/Edmonton": "Calgary, Yellowknife",
        "America/Vancouver": "Burnaby, Surrey, Victoria, Kelowna",
        "America/Regina": "Saskatoon",
    },
    "AU": {
        "Australia/Sydney": "Canberra, Parramatta, Wollongong",
        "Australia/Melbourne": "Geelong",
        "Australia/Brisbane": "Gold Coast, Cairns, Townsville",
    },
    "BR": {
        "America/Sao_Paulo": (
            "Rio de Janeiro, Brasília, Belo Horizonte, Curitiba, Porto Alegre, Campinas, Florianópolis, "
            "Goiânia"
        ),
        "America/Bahia": "Salvador",
    },
    "MX": {
        "America/Mexico_City": "Guadalajara, Zapopan, León, Ciudad de México",
        "America/Tijuana": "Mexicali, Ensenada",
        "America/Ciudad_Juarez": "Juárez",
        "America/Cancun": "Playa del Carmen",
    },
    "RU": {
        "Europe/Moscow": "Saint Petersburg, Kazan, Rostov-on-Don",
        "Asia/Yekaterinburg": "Ekaterinburg, Ufa, Magnitogorsk",
    },
    "ID": {"Asia/Jakarta": "Surabaya, Bandung, Medan, Semarang, Tangerang", "Asia/Makassar": "Denpasar"},
    "CD": {"Africa/Lubumbashi": "Goma, Bukavu, Kisangani, Kolwezi"},
}
"""Country -> zone -> cities that stand for it when no region is known; IANA's own city names are added."""

APART: dict[tuple[str, str, str], str] = {
    ("US", "TX", "El Paso"): "America/Denver",
    ("US", "TN", "Knoxville"): "America/New_York",
    ("US", "TN", "Chattanooga"): "America/New_York",
    ("US", "FL", "Pensacola"): "America/Chicago",
    ("US", "FL", "Panama City"): "America/Chicago",
    ("US", "KY", "Bowling Green"): "America/Chicago",
    ("US", "KY", "Owensboro"): "America/Chicago",
    ("US", "KY", "Paducah"): "America/Chicago",
    ("US", "IN", "Gary"): "America/Chicago",
    ("US", "IN", "Hammond"): "America/Chicago",
    ("US", "IN", "Evansville"): "America/Chicago",
    ("US", "SD", "Rapid City"): "America/Denver",
    ("CA", "ON", "Kenora"): "America/Winnipeg",
    ("CA", "BC", "Cranbrook"): "America/Edmonton",
    ("CA", "SK", "Lloydminster"): "America/Edmonton",
    ("MX", "Chihuahua", "Ciudad Juárez"): "America/Ciudad_Juarez",
    ("MX", "Chihuahua", "Juárez"): "America/Ciudad_Juarez",
    ("AU", "NSW", "Broken Hill"): "Australia/Broken_Hill",
    ("AU", "NSW", "Lord Howe Island"): "Australia/Lord_Howe",
}
"""Country, region, city -> zone, for cities that do not keep their region's time."""
