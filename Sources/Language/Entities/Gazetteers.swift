/// Names that entities are known by. Small, and written for this project.
enum Gazetteers {
    private static func set(_ text: String) -> Set<String> { Set(text.split(separator: ",").map { String($0.trimmed) }) }

    /// In lower case; of one to three words.
    static let places = set(
        """
        africa,asia,europe,antarctica,oceania,north america,south america,latin america,middle east,afghanistan,albania,algeria,argentina,armenia,australia,\
        austria,azerbaijan,bangladesh,belarus,belgium,bolivia,bosnia,brazil,bulgaria,cambodia,cameroon,canada,chile,china,colombia,costa rica,croatia,cuba,cyprus,\
        czech republic,czechia,denmark,ecuador,egypt,estonia,ethiopia,finland,france,germany,ghana,greece,guatemala,haiti,hungary,iceland,india,indonesia,iran,iraq,\
        ireland,israel,italy,jamaica,japan,jordan,kazakhstan,kenya,kuwait,laos,latvia,lebanon,libya,lithuania,luxembourg,malaysia,malta,mexico,moldova,mongolia,\
        morocco,mozambique,myanmar,nepal,netherlands,new zealand,nicaragua,nigeria,north korea,norway,pakistan,panama,paraguay,peru,philippines,poland,portugal,\
        qatar,romania,russia,rwanda,saudi arabia,senegal,serbia,singapore,slovakia,slovenia,somalia,south africa,south korea,spain,sri lanka,sudan,sweden,\
        switzerland,syria,taiwan,tanzania,thailand,tunisia,turkey,uganda,ukraine,united arab emirates,united kingdom,united states,uruguay,uzbekistan,venezuela,\
        vietnam,yemen,zambia,zimbabwe,england,scotland,wales,california,texas,florida,bavaria,catalonia,quebec,ontario,amsterdam,ankara,athens,atlanta,auckland,\
        baghdad,bangalore,bangkok,barcelona,basel,beijing,belgrade,berlin,bern,bogota,boston,bratislava,brussels,bucharest,budapest,buenos aires,cairo,cape town,\
        caracas,casablanca,chicago,cologne,copenhagen,dallas,delhi,denver,detroit,dubai,dublin,edinburgh,florence,frankfurt,geneva,glasgow,hamburg,hanoi,helsinki,\
        hong kong,houston,istanbul,jakarta,jerusalem,johannesburg,karachi,kiev,kyiv,kyoto,lagos,leeds,leipzig,lima,lisbon,liverpool,ljubljana,london,los angeles,\
        lyon,madrid,manchester,manila,marseille,melbourne,mexico city,miami,milan,montreal,moscow,mumbai,munich,nairobi,naples,new delhi,new york,osaka,oslo,ottawa,\
        paris,philadelphia,porto,prague,reykjavik,riga,rio de janeiro,rome,rotterdam,san francisco,santiago,sao paulo,são paulo,seattle,seoul,shanghai,sofia,\
        stockholm,stuttgart,sydney,tallinn,tehran,tel aviv,tokyo,toronto,turin,uppsala,vancouver,venice,vienna,vilnius,warsaw,washington,wellington,zagreb,zurich
        """)
    /// Names of organisations that no rule would know.
    static let organisations = set(
        """
        google,microsoft,amazon,apple,facebook,meta,ibm,intel,nvidia,samsung,sony,siemens,bosch,volkswagen,toyota,honda,nestlé,unilever,airbus,boeing,nasa,nato,who,\
        unesco,unicef,fbi,cia,bbc,cnn,reuters,netflix,spotify,twitter,oracle,cisco,philips,nokia,ericsson,ikea,volvo,tesla,united nations,european union,red cross,\
        world bank,european commission,european parliament,world health organization,european central bank,un,eu,imf
        """)
    /// Of them, those that are written in capitals or are a word otherwise.
    static let asWritten: [String: String] = ["who": "WHO", "un": "UN", "eu": "EU", "imf": "IMF", "meta": "Meta", "apple": "Apple", "amazon": "Amazon"]
    /// What the last word of an organisation's name may be.
    static let organisationEndings = set(
        """
        inc,ltd,corp,corporation,llc,plc,gmbh,ag,company,group,holdings,bank,university,institute,foundation,association,committee,ministry,agency,council,\
        commission,department,party,union,hospital,museum,laboratory,laboratories,school,college,airlines,airways,motors,pharmaceuticals,industries,partners,\
        society,federation,court,parliament,senate,orchestra,press,technologies,systems,software,solutions,insurance
        """)
    /// What stands before `of` in one: University of Oslo.
    static let organisationBeginnings = set("university,bank,ministry,institute,department,museum,college,council,court,house,academy,church")
    static let titles = set(
        "mr,mrs,ms,dr,prof,professor,sir,lady,lord,president,chancellor,senator,judge,captain,doctor,minister,king,queen,prince,princess,bishop")
    static let givenNames = set(
        """
        aaron,adam,adrian,ahmed,alan,albert,alex,alexander,alexandra,alfred,alice,alison,amanda,amy,ana,andrea,andreas,andrew,angela,anita,ann,anna,anne,anthony,antonio,\
        arthur,barbara,ben,benjamin,bernard,brian,carl,carla,carlos,carmen,caroline,catherine,charles,charlotte,chris,christian,christina,christine,christopher,clara,\
        claire,daniel,david,deborah,diana,dmitri,donald,dorothy,edward,elena,elizabeth,ella,emil,emily,emma,eric,erik,eva,fatima,felix,fiona,frances,francis,frank,fred,\
        gabriel,george,gerald,grace,greta,hannah,hans,harold,harry,heinrich,helen,helena,henry,hugo,ian,ibrahim,ingrid,irene,isaac,isabel,ivan,jack,jacob,james,jan,jane,\
        janet,jason,jean,jeff,jennifer,jessica,joan,johan,john,jonathan,jorge,jose,joseph,josé,juan,julia,julian,karen,karl,kate,katherine,kevin,klaus,lars,laura,lena,\
        leo,leon,linda,lisa,louis,louise,lucas,lucy,luis,maria,marie,mario,mark,marta,martha,martin,mary,matthew,max,maya,mehmet,michael,miguel,mohammed,monica,nancy,\
        natalie,nicholas,nicole,nina,olga,oliver,olivia,omar,oscar,patricia,patrick,paul,paula,pedro,peter,philip,pierre,priya,rachel,ralph,raymond,rebecca,richard,\
        robert,roger,rosa,ruth,samuel,sandra,sara,sarah,simon,sofia,sophia,sophie,stefan,stephen,steven,susan,sven,teresa,theresa,thomas,tim,tom,victor,victoria,\
        vincent,walter,william,yuki,yusuf
        """)
    /// Things people write about as what they bought.
    static let products = set(
        """
        product,phone,smartphone,laptop,tablet,computer,camera,printer,keyboard,headphones,monitor,app,software,car,vacuum,blender,toaster,kettle,watch,charger,battery,\
        speaker,router,mattress,chair,desk,lamp,book,jacket,shoes,bag,backpack,bike,game,console,television,tv,fridge,oven,dishwasher,drill
        """)
    static let months = set(
        "january,february,march,april,may,june,july,august,september,october,november,december,jan,feb,mar,apr,jun,jul,aug,sep,sept,oct,nov,dec")
    static let days = set("monday,tuesday,wednesday,thursday,friday,saturday,sunday")
    static let relativeDays = set("today,tomorrow,yesterday")
    static let currencySigns: Set<String> = ["$", "€", "£", "¥"]
    static let currencies = set("dollar,dollars,euro,euros,pound,pounds,yen,usd,eur,gbp,chf,francs,rupees,yuan,cents,sek,pln")
    static let magnitudes = set("thousand,million,billion,trillion,m,bn,k")
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " || $0 == "\n" } }
}
