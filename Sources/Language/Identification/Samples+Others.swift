extension LanguageSample {
    static let others = [
        LanguageSample(
            "pl",
            """
            Kiedy wieczorem wróciliśmy do domu, było cicho i nikt nie rozpalił ognia. Mój brat powiedział, że woli przejść przez miasto pieszo, niż czekać na \
            pociąg, który zimą często się spóźnia. Dzieci uczą się wielu rzeczy, choć nikt ich tego nie uczy: jak się śmiać, jak dzielić się chlebem i co to \
            znaczy dotrzymać obietnicy. Rząd ogłosił wczoraj, że nowa ustawa wejdzie w życie w przyszłym roku. Jeśli wiesz, czego szukasz, powinno być łatwo to \
            znaleźć; w przeciwnym razie zapytaj kogoś, kto już tu był. Chociaż pogoda była zła, pomyśleli, że i tak warto wejść na wzgórze. Proszę wyłączyć \
            telefon podczas spotkania. Naukowcy wykazali, że dobry sen pomaga ludziom pamiętać to, co przeczytali. Które z nich byś wybrała?
            """,
            """
            a aby ale ani bardzo bez bo by być był była było były chce ci co czy dla do dlaczego gdy gdzie go i ich im ja jak jako je jeden jego jej jest jestem \
            jeszcze już kiedy kto która które który ma mam mi mnie może moja mój my na nad nas nasz nic nich nie niego niż no o od on ona oni ono oraz po pod przed \
            przez przy są się sobie swoje ta tak także tam te tego tej ten to tu tylko ty tym u w was we wszystko wszystkie z za ze że
            """),
        LanguageSample(
            "cs",
            """
            Když jsme večer přišli domů, bylo v domě ticho a nikdo nezatopil. Můj bratr řekl, že raději půjde přes město pěšky, než aby čekal na vlak, který má v \
            zimě často zpoždění. Děti se naučí mnoho věcí, aniž by jim je někdo ukazoval: jak se smát, jak se dělit o chléb a co znamená dodržet slib. Vláda včera \
            oznámila, že nový zákon vstoupí v platnost příští rok. Pokud víte, co hledáte, mělo by být snadné to najít; jinak se zeptejte někoho, kdo už tady \
            byl. Ačkoli bylo špatné počasí, mysleli si, že přesto stojí za to vylézt na kopec. Během schůze prosím vypněte telefon. Vědci ukázali, že dobrý \
            spánek pomáhá lidem pamatovat si, co četli. Který z nich byste si vybrali?
            """,
            """
            a aby ale ani asi až bez bude budou by byl byla byli bylo být co což či další do ho i já jak jako je jeho jej její jejich jen ještě ji jiné již jsem \
            jsme jsou jste k kde kdo kdy když která které který mě mezi mi mimo mít může my na nad nebo není než nic o od on ona oni po pod podle pokud pouze \
            pro proč proto před při s se si své svůj ta tak také tam tato te tedy ten tento to toho tom tu ty u už v ve více však všechno z za ze že
            """),
        LanguageSample(
            "fi",
            """
            Kun tulimme illalla kotiin, talossa oli hiljaista eikä kukaan ollut sytyttänyt tulta. Veljeni sanoi, että hän kävelisi mieluummin kaupungin läpi kuin \
            odottaisi junaa, joka on talvella usein myöhässä. Lapset oppivat monia asioita ilman, että kukaan opettaa niitä: miten nauretaan, miten leipä jaetaan \
            ja mitä tarkoittaa pitää lupaus. Hallitus ilmoitti eilen, että uusi laki tulee voimaan ensi vuonna. Jos tiedät, mitä etsit, sen pitäisi olla helppo \
            löytää; muuten kannattaa kysyä joltakulta, joka on ollut täällä ennen. Vaikka sää oli huono, he ajattelivat, että mäelle kannattaisi silti kiivetä. \
            Sulkekaa puhelin kokouksen ajaksi. Tutkijat ovat osoittaneet, että hyvä uni auttaa ihmisiä muistamaan, mitä he ovat lukeneet. Minkä näistä valitsisit?
            """,
            """
            ei eikä en ennen että he hän hänen heidän ja jo joka jolla jos jossa jotka kaikki kanssa kuin kuitenkin kuka kun kukaan me mikä minä minun missä mitä \
            mukaan mutta myös ne niin niitä nyt oli olin ole olla ollut on osa ovat se sekä sen siellä siitä sillä sinä sitä tai tämä tämän te tässä tätä vain \
            vaikka voi vuoden
            """),
        LanguageSample(
            "hu",
            """
            Amikor este hazaértünk, csend volt a házban, és senki sem gyújtott tüzet. A bátyám azt mondta, hogy inkább átsétál a városon, mint hogy a vonatra \
            várjon, amely télen gyakran késik. A gyerekek sok mindent megtanulnak anélkül, hogy valaki tanítaná őket: hogyan kell nevetni, hogyan kell megosztani \
            a kenyeret, és mit jelent megtartani egy ígéretet. A kormány tegnap bejelentette, hogy az új törvény jövőre lép hatályba. Ha tudja, mit keres, könnyű \
            lesz megtalálni; különben kérdezzen meg valakit, aki már járt itt. Bár rossz idő volt, úgy gondolták, hogy mégis érdemes felmászni a dombra. Kérjük, \
            kapcsolja ki a telefonját az ülés alatt. A kutatók kimutatták, hogy a jó alvás segít emlékezni arra, amit olvastunk. Melyiket választanád ezek közül?
            """,
            """
            a aki akkor alatt ami amely amikor át az azért azok azt azzal be csak de e egy egyik ehhez el én és ez ezek ezt fel ha hanem hogy hogyan igen is itt \
            jó jól kell ki le lesz még meg mert mi mind mindig mint most nagy nagyon ne neki nem nincs ő ők őket össze s saját sem semmi sok szerint te tehát \
            úgy után vagy van vannak vele viszont volna volt voltak
            """),
        LanguageSample(
            "tr",
            """
            Akşam eve geldiğimizde ev sessizdi ve kimse ateşi yakmamıştı. Kardeşim, kışın sık sık geç kalan treni beklemektense şehrin içinden yürümeyi tercih \
            edeceğini söyledi. Çocuklar birçok şeyi kimse öğretmeden öğrenir: nasıl gülüneceğini, ekmeğin nasıl paylaşılacağını ve söz tutmanın ne demek olduğunu. \
            Hükümet dün yeni yasanın gelecek yıl yürürlüğe gireceğini açıkladı. Ne aradığınızı biliyorsanız bulmak kolay olmalı; yoksa daha önce burada bulunmuş \
            birine sorun. Hava kötü olmasına rağmen tepeye tırmanmaya yine de değebileceğini düşündüler. Lütfen toplantı sırasında telefonunuzu kapatın. \
            Araştırmacılar, iyi bir uykunun insanların okuduklarını hatırlamasına yardımcı olduğunu gösterdi. Bunlardan hangisini seçerdin?
            """,
            """
            acaba ama ancak artık aslında az bana bazı belki ben beni benim bir biri birkaç birçok biz bize bizim bu buna bunlar bunu bunun burada çok çünkü da \
            daha de değil diye dolayı en fakat gibi göre hem hep hepsi her hiç için ile ise işte kadar karşı ki kim kimse mi mı mu mü nasıl ne neden nerede niye o \
            olan olarak oldu olduğu olur ona onlar onu onun orada oysa öyle pek rağmen sana sanki sen siz son sonra şey şimdi şu tüm var ve veya ya yani yok
            """),
        LanguageSample(
            "ru",
            """
            Когда мы вечером пришли домой, в доме было тихо и никто не разжёг огонь. Мой брат сказал, что он лучше пойдёт пешком через город, чем будет ждать \
            поезд, который зимой часто опаздывает. Дети учатся многому без учителей: как смеяться, как делить хлеб и что значит сдержать обещание. Правительство \
            вчера объявило, что новый закон вступит в силу в следующем году. Если вы знаете, что ищете, это должно быть легко найти; иначе спросите того, кто уже \
            был здесь. Хотя погода была плохая, они подумали, что всё же стоит подняться на этот холм. Пожалуйста, выключите телефон во время встречи. Учёные \
            показали, что хороший сон помогает людям помнить прочитанное. Какой из них ты бы выбрал? Она очень любит читать новые книги.
            """,
            """
            а без более бы был была были было быть в вам вас весь во вот все всё всех вы где да даже для до его ее её если есть ещё же за здесь и из или им их к \
            как какой когда кто ли лишь между меня мне может мы на над надо нас не него нет ни них но ну о об однако он она они оно от по под при с сам свой себя \
            со так также такой там те тебя тем то того тоже только том тот ты у уже хотя чего чем что чтобы эта эти это этот я
            """),
        LanguageSample(
            "uk",
            """
            Коли ми ввечері прийшли додому, у хаті було тихо і ніхто не розпалив вогню. Мій брат сказав, що він краще піде пішки через місто, ніж чекатиме на \
            поїзд, який узимку часто запізнюється. Діти вчаться багато чого без учителів: як сміятися, як ділитися хлібом і що означає дотримати обіцянки. Уряд \
            учора оголосив, що новий закон набуде чинності наступного року. Якщо ви знаєте, що шукаєте, це має бути легко знайти; інакше запитайте того, хто вже \
            був тут. Хоча погода була погана, вони подумали, що все одно варто піднятися на цей пагорб. Будь ласка, вимкніть телефон під час зустрічі. Вчені \
            показали, що добрий сон допомагає людям пам'ятати прочитане. Який із них ти б вибрала? Вона дуже любить читати нові книжки.
            """,
            """
            а або але б без був була були було бути в вам вас весь від він вона вони воно все всі ви де для до дуже є ж за з зі і із її й його їх к коли ми мені на \
            над нам нас не ні ніж них о об один по під після при про с свій себе так такий також там те ти тим то того той тому тут у уже це цей ця ці чи що щоб як \
            яка який які якщо я
            """),
        LanguageSample(
            "bg",
            """
            Когато вечерта се прибрахме вкъщи, в къщата беше тихо и никой не беше запалил огъня. Брат ми каза, че предпочита да върви пеша през града, отколкото \
            да чака влака, който през зимата често закъснява. Децата учат много неща, без някой да ги учи: как да се смеят, как да делят хляба и какво означава да \
            спазиш обещание. Правителството обяви вчера, че новият закон ще влезе в сила догодина. Ако знаете какво търсите, би трябвало да е лесно да го намерите; \
            иначе попитайте някого, който вече е бил тук. Макар че времето беше лошо, те мислеха, че все пак си струва да се изкачат на хълма. Моля, изключете \
            телефона си по време на срещата. Учените показаха, че добрият сън помага на хората да помнят това, което са прочели. Кой от тях би избрал?
            """,
            """
            а ако ала без беше би бил била били било в вас ви вие все всички във всяко го да дали до докато е едва един една едно за защо и из или им има иска как \
            каква какво като когато което които който къде ли м ме между ми мно много може му на над най не него нея ни ние но няма о обаче от по под при през с са \
            само се сега си след сме със също т та така там те тези ти то това този тоест тук тя у ще я
            """),
    ]
}
