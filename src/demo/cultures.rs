//! Where invented people come from: names, towns, streets, and phone numbers that are kept for fiction.
//!
//! Names are put together by chance, so nobody in the demonstration exists. A name in another script
//! carries its Latin spelling after `=`, for the email address. Phone numbers come from the ranges that
//! each country's regulator has set aside for films and books; every other country uses British ones.

/// A country's way to be called and to live.
pub struct Culture {
    /// ISO 3166-1.
    pub country: &'static str,
    pub language: &'static str,
    pub time_zone: &'static str,
    /// How many of a hundred or so people come from here.
    pub weight: usize,
    pub given: &'static str,
    pub family: &'static str,
    /// `town|region|postal code`, with `#` for a digit; divided by `;`.
    pub towns: &'static str,
    pub streets: &'static str,
    /// `%n` the number, `%s` the street.
    pub street_form: &'static str,
    /// With `#` for a digit.
    pub phones: &'static str,
}

const BRITISH_PHONES: &str = "+441632960### +447700900###";

pub static CULTURES: &[Culture] = &[
    Culture {
        country: "GB", language: "en-GB", time_zone: "Europe/London", weight: 24,
        given: "Rhys Freya Imogen Callum Isla Tobias Maisie Ewan Harriet Dylan Orla Fergus Bronwen Alistair Tamsin Hamish Gwen Rowan Beatrix Lachlan Sorcha Jasper Elowen Angus Cerys Barnaby Morag Kit Verity Duncan",
        family: "Penhallow Castellan Wixley Thornaby Aldous Marsh Trevanion Ashgrove Kerrow Lindale Braddock Hollins Skerry Fairweather Dunmore Quayle Pascoe Tregarth Wainfleet Ormsby Hartnell Selkirk Morwen Blackstock Cairnie Lowther Stannard Rudyard Finnemore Gale",
        towns: "Falmouth|Cornwall|TR11 #AB;Whitby|North Yorkshire|YO21 #CD;Oban|Argyll|PA34 #EF;Aberystwyth|Ceredigion|SY23 #GH;Bristol||BS1 #JL;Hull||HU2 #NP;Leith|Edinburgh|EH6 #QR;Plymouth|Devon|PL4 #ST;Lowestoft|Suffolk|NR32 #UW",
        streets: "Kelp Lane;Harbour Street;Gannet Row;Old Quay Road;Sextant Close;Lantern Hill;Tidewell Road;Chandlers Yard;Mariner Terrace;Saltings Way",
        street_form: "%n %s", phones: BRITISH_PHONES,
    },
    Culture {
        country: "US", language: "en-US", time_zone: "America/New_York", weight: 10,
        given: "Marisol Theo Dakota Wren Elijah Savannah Micah Juniper Caleb Odessa Jonah Willa Ezra Magnolia Silas Harlow Desmond Paloma Amos Clementine",
        family: "Okafor-Lind Delacroix Whitcomb Sandoval Merriweather Vance Castellanos Hathaway Brightwater Novak Lindgren Tran Redfeather Abernathy Solano Kincaid Bellweather Farrow Ocampo Winslow",
        towns: "Portland|ME|0410#;Mystic|CT|0635#;Gloucester|MA|0193#;Baltimore|MD|2122#;Seattle|WA|9810#;Galveston|TX|7755#;Duluth|MN|5580#",
        streets: "Buoy Street;Lighthouse Avenue;Heron Drive;Cannery Row East;Marsh View Road;Tillerman Lane;Driftwood Court",
        street_form: "%n %s", phones: "+1207555014# +1212555013# +1206555016# +1410555018# +1617555011# +1713555012# +1218555017# +1860555015# +1305555019# +1415555010#",
    },
    Culture {
        country: "DE", language: "de", time_zone: "Europe/Berlin", weight: 12,
        given: "Anselm Ilse Jonas Lotte Matthias Greta Fritz Annika Klaas Wiebke Sönke Frauke Bjarne Hedwig Tjark Rieke Jörg Käthe Malte Silke",
        family: "Korvath Tarrow Vossberg Hinrichs Mühlenbrock Petersen Küstner Brandauer Weißenfels Lübke Osterkamp Deichmann Reuter Schöning Harms Wattjes Bollmann Grünefeld Sommerfeldt Dierksen",
        towns: "Bremen||2819#;Kiel|Schleswig-Holstein|2410#;Hamburg||2045#;Emden|Niedersachsen|2672#;Rostock|Mecklenburg-Vorpommern|1805#;Köln|Nordrhein-Westfalen|5066#;Berlin||1099#",
        streets: "Deichstraße;Am Alten Hafen;Möwenweg;Leuchtturmgasse;Seilerstraße;Kompassallee;Priele;Wattweg",
        street_form: "%s %n", phones: "+493023125### +494066969### +498999998### +492214710### +496990009###",
    },
    Culture {
        country: "FR", language: "fr", time_zone: "Europe/Paris", weight: 8,
        given: "Bertrand Solène Mathis Océane Yann Maëlle Gwenaël Clémence Loïc Noémie Étienne Apolline Rémi Élodie Hervé Anaïs",
        family: "Lagarde Mareval Kerguen Delaroche Fontanel Trémeur Beaurivage Le Guennec Vasseur Montclair Rochebrune Chastaing Desmarais Villeneuve Aubrac Peyrolles",
        towns: "Brest|Finistère|2920#;La Rochelle|Charente-Maritime|1700#;Sète|Hérault|3420#;Nantes|Loire-Atlantique|4400#;Lorient|Morbihan|5610#",
        streets: "rue du Vieux Phare;quai des Brumes;rue des Voiliers;impasse du Sextant;avenue de la Marée",
        street_form: "%n %s", phones: "+33199000### +33261910### +33353010### +33465710### +33536490### +33639980###",
    },
    Culture {
        country: "SE", language: "sv", time_zone: "Europe/Stockholm", weight: 5,
        given: "Sunniva Oskar Linnea Åke Ebba Sixten Tuva Göran Ylva Birger Saga Östen Malin Arvid",
        family: "Brandvold Holmgård Lindqvist Sjöberg Ekström Åkerblom Nyström Strandvik Havsjö Öberg Fyrlund Skärholm",
        towns: "Karlskrona|Blekinge|371 3#;Visby|Gotland|621 5#;Göteborg||411 0#;Luleå|Norrbotten|972 3#",
        streets: "Fyrvägen;Skeppsbrogatan;Tångstigen;Kajgatan;Båtsmansgatan",
        street_form: "%s %n", phones: "+463139006## +464062804## +46846500### +467017406##",
    },
    Culture {
        country: "NO", language: "nb", time_zone: "Europe/Oslo", weight: 3,
        given: "Eirik Ragnhild Sindre Ingeborg Håkon Solveig Øyvind Åshild Torbjørn Marit",
        family: "Fjeldstad Nesheim Kvamme Sørbø Tveitane Lofthus Bjørnstad Haukeland Myrvang Ådland",
        towns: "Bergen||50##;Tromsø||90##;Ålesund||60##;Bodø||80##",
        streets: "Fyrveien;Bryggegata;Sildeveien;Torskevegen", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "PL", language: "pl", time_zone: "Europe/Warsaw", weight: 5,
        given: "Łucja Stanisław Zofia Mieczysław Świętosława Bożena Jędrzej Małgorzata Kazimierz Żaneta Władysława Rafał",
        family: "Wójcik Mazur Krawczyk Zając Król Wróbel Stępień Sikora Pietrzak Bąk Kaczmarek Gołąb",
        towns: "Gdańsk|pomorskie|80-2##;Gdynia|pomorskie|81-3##;Szczecin|zachodniopomorskie|70-4##;Kraków|małopolskie|31-0##",
        streets: "ul. Latarniana;ul. Żeglarska;ul. Bosmańska;ul. Portowa", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "ES", language: "es", time_zone: "Europe/Madrid", weight: 6,
        given: "Noor Íñigo Dario Begoña Álvaro Inés Xoán Maialen Óscar Lucía Andrés Nuria Sebastián Araceli",
        family: "Estévane Vask Ibáñez Larrañaga Castroviejo Núñez Echeverría Peñalver Arístegui Quiñones Valdelomar Zubiri",
        towns: "A Coruña|Galicia|1500#;Santander|Cantabria|3900#;Cádiz|Andalucía|1100#;Vigo|Galicia|3620#",
        streets: "Calle del Faro Viejo;Paseo de las Mareas;Rúa da Ribeira;Calle Sextante", street_form: "%s, %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "PT", language: "pt", time_zone: "Europe/Lisbon", weight: 3,
        given: "João Inês Gonçalo Mafalda Simão Conceição Tomé Leonor Duarte Íris",
        family: "Magalhães Falcão Assunção Teixeira Brandão Sequeira Mourão Valadão Noronha Guimarães",
        towns: "Aveiro||3800-1##;Setúbal||2900-2##;Viana do Castelo||4900-3##",
        streets: "Rua do Farol;Travessa das Marés;Rua dos Calafates", street_form: "%s, %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "IT", language: "it", time_zone: "Europe/Rome", weight: 4,
        given: "Ludovica Tancredi Niccolò Ginevra Ottavio Fiammetta Corrado Allegra Dario Perla",
        family: "Brignole Salvemare Acquarone Dondero Cortesi Lanzafame Malfatti Ravelli Bonaccorsi Tassinari",
        towns: "Genova|GE|1612#;Trieste|TS|3412#;Ancona|AN|6012#;Livorno|LI|5712#",
        streets: "Via del Molo Vecchio;Calata dei Gabbiani;Via della Bussola", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "NL", language: "nl", time_zone: "Europe/Amsterdam", weight: 5,
        given: "Joris Fenna Sjoerd Marijke Wouter Doutzen Teun Anneloes Hidde Femke",
        family: "Ostrander Zeilstra Waterman Dijkgraaf Sluis Hoogland Veerman Duinker Terpstra Kaagman",
        towns: "Den Helder|Noord-Holland|178# AB;Vlissingen|Zeeland|438# CD;Harlingen|Friesland|886# EF;Rotterdam|Zuid-Holland|301# GH",
        streets: "Vuurtorenstraat;Touwslagersgracht;Zeedijk;Meeuwenlaan", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "GR", language: "el", time_zone: "Europe/Athens", weight: 3,
        given: "Ελένη=eleni Δέσποινα=despina Καλλιόπη=kalliopi Ουρανία=ourania Ζωή=zoi Αρετή=areti Μυρτώ=myrto",
        family: "Θαλασσινού=thalassinou Καραβά=karava Φαναριώτη=fanarioti Λιμνιώτη=limnioti Αρμυρού=armyrou Πελαγίδη=pelagidi",
        towns: "Πειραιάς|Αττική|185 3#;Θεσσαλονίκη||546 2#;Ηράκλειο|Κρήτη|712 0#",
        streets: "Οδός Φάρου;Οδός Ναυάρχων;Οδός Ανέμων", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "UA", language: "uk", time_zone: "Europe/Kyiv", weight: 4,
        given: "Олена=olena Тарас=taras Богдан=bohdan Ярина=yaryna Остап=ostap Соломія=solomiia Гліб=hlib Любов=liubov",
        family: "Бондаренко=bondarenko Мороз=moroz Гончар=honchar Савченко=savchenko Поліщук=polishchuk Кучер=kucher Романюк=romaniuk Лисенко=lysenko",
        towns: "Одеса||650##;Миколаїв||540##;Херсон||730##",
        streets: "вул. Маячна;вул. Корабельна;вул. Чайкова", street_form: "%s, %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "EG", language: "ar", time_zone: "Africa/Cairo", weight: 3,
        given: "ليلى=layla يوسف=youssef نور=nour طارق=tarek مريم=mariam كريم=karim سلمى=salma هاني=hany",
        family: "البحيري=elbehairy المنشاوي=elmenshawy القاضي=elkady الشاطبي=elshatby الصياد=elsayyad حمدان=hamdan",
        towns: "الإسكندرية||2151#;بورسعيد||4251#;دمياط||3451#",
        streets: "شارع المنارة;شارع الميناء;شارع البحر", street_form: "%n %s", phones: BRITISH_PHONES,
    },
    Culture {
        country: "IL", language: "he", time_zone: "Asia/Jerusalem", weight: 2,
        given: "נועה=noa איתן=eitan תמר=tamar יונתן=yonatan שירה=shira אורי=uri",
        family: "ימיני=yamini חוף=hof מגדלור=migdalor שדות=sadot ברכה=bracha אלמוג=almog",
        towns: "חיפה||310####;אשדוד||771####", streets: "רחוב המגדלור;רחוב הים", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "IN", language: "hi", time_zone: "Asia/Kolkata", weight: 6,
        given: "अनन्या=ananya विवेक=vivek Priya Arjun मीरा=meera Rohan कविता=kavita Nikhil Devika सागर=sagar",
        family: "Deshpande Kulkarni शर्मा=sharma Pillai Fernandes वर्मा=verma Chatterjee Shetty Naik Menon",
        towns: "Mumbai|Maharashtra|4000##;Kochi|Kerala|6820##;Chennai|Tamil Nadu|6000##;Visakhapatnam|Andhra Pradesh|5300##",
        streets: "Lighthouse Road;Dockyard Street;Seashell Marg", street_form: "%n %s", phones: BRITISH_PHONES,
    },
    Culture {
        country: "JP", language: "ja", time_zone: "Asia/Tokyo", weight: 5,
        given: "陽子=yoko 航=wataru 美咲=misaki 健太=kenta 海斗=kaito 渚=nagisa 千尋=chihiro 潤=jun 澪=mio",
        family: "潮田=ushioda 浜口=hamaguchi 磯部=isobe 灘波=nanba 岬=misaki 波多野=hatano 港谷=minatoya 塩見=shiomi",
        towns: "横浜市|神奈川県|231-00##;函館市|北海道|040-00##;神戸市|兵庫県|650-00##",
        streets: "灯台町;汐見通り;海岸通り", street_form: "%s%n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "CN", language: "zh-Hans", time_zone: "Asia/Shanghai", weight: 4,
        given: "海涛=haitao 静怡=jingyi 子涵=zihan 晓波=xiaobo 雨桐=yutong 明远=mingyuan 思源=siyuan",
        family: "江=jiang 汪=wang 沈=shen 洪=hong 潘=pan 温=wen 涂=tu",
        towns: "青岛市|山东省|2660##;厦门市|福建省|3610##;宁波市|浙江省|3150##",
        streets: "灯塔路;观海路;港湾街", street_form: "%s%n号", phones: BRITISH_PHONES,
    },
    Culture {
        country: "KR", language: "ko", time_zone: "Asia/Seoul", weight: 3,
        given: "지우=jiwoo 서연=seoyeon 민준=minjun 하늘=haneul 바다=bada 은서=eunseo",
        family: "한=han 문=moon 남궁=namgung 황보=hwangbo 차=cha 류=ryu",
        towns: "부산광역시||480##;인천광역시||220##", streets: "등대로;해안로", street_form: "%s %n", phones: BRITISH_PHONES,
    },
    Culture {
        country: "NG", language: "en", time_zone: "Africa/Lagos", weight: 4,
        given: "Amara Chidi Ngozi Olúwaseun Tèmítọ́pẹ́ Ifeanyi Yetunde Emeka Adaeze Bashir",
        family: "Okoye Adébáyọ̀ Nwosu Balogun Ezeudu Danladi Oyelaran Umeh Akintola Sule",
        towns: "Lagos|Lagos|1012##;Port Harcourt|Rivers|5001##;Calabar|Cross River|5402##",
        streets: "Lagoon Road;Pilot Crescent;Mangrove Street", street_form: "%n %s", phones: BRITISH_PHONES,
    },
    Culture {
        country: "AU", language: "en-AU", time_zone: "Australia/Sydney", weight: 4,
        given: "Yelena Bodhi Matilda Lachie Indigo Koa Sienna Jarrah Marlee Banjo",
        family: "Marsh-Ito Nguyen-Hall Cobham Tarrant Wirra Papadakis Slattery Coombes Farquhar Lindhurst",
        towns: "Hobart|TAS|7004;Fremantle|WA|6160;Newcastle|NSW|2300;Geelong|VIC|3220",
        streets: "Pilot Station Road;Whaler Street;Bight Avenue", street_form: "%n %s", phones: "+6125550#### +6135550#### +6175550#### +6185550####",
    },
];
