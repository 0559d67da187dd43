extension LanguageSample {
    static let germanic = [
        LanguageSample(
            "en",
            """
            When we came home in the evening, the house was quiet and nobody had lit a fire. My brother said that he would rather walk through the \
            town than wait for the train, which is often late in winter. There are many things that children learn without being taught: how to \
            laugh, how to share bread, and what it means to keep a promise. The government announced yesterday that the new law will come into \
            force next year. If you know what you are looking for, it should be easy to find; otherwise ask someone who has been here before. \
            Although the weather was bad, they thought it might still be worth climbing the hill. Please switch off your phone during the meeting. \
            Researchers have shown that a good night's sleep helps people to remember what they have read. Which of these would you choose?
            """,
            """
            a about above after again against all almost also although always am among an and another any anybody anyone anything are aren't around as \
            at away back be became because become been before being below between both but by came can can't cannot come could couldn't did didn't do \
            does doesn't doing don't done down during each either else enough even ever every few first for from further get go had hadn't has hasn't have \
            haven't having he he's hence her here hers herself him himself his how however i i'd i'll i'm i've if in indeed instead into is isn't it it's its \
            itself just last least less let let's like made many may me might mine more most much must my myself near neither never next no nobody \
            none nor not nothing now of off often on once one only onto or other others otherwise our ours out over own per perhaps quite rather \
            really same say says see seem seems several shall she should shouldn't since so some somebody someone something sometimes still such \
            than that that's the their theirs them themselves then there there's therefore these they this those though through thus to together too \
            toward towards two under until up upon us very was wasn't we well went were weren't what whatever when where whether which while who \
            whole whom whose why will with within without won't would wouldn't yet you you're your yours yourself
            """),
        LanguageSample(
            "de",
            """
            Als wir am Abend nach Hause kamen, war es im ganzen Haus still, und niemand hatte Feuer gemacht. Mein Bruder sagte, er wolle lieber durch die \
            Stadt laufen, als auf den Zug zu warten, der im Winter oft Verspätung hat. Kinder lernen vieles, ohne dass man es ihnen beibringt: wie man \
            lacht, wie man Brot teilt und was es heißt, ein Versprechen zu halten. Die Regierung hat gestern angekündigt, dass das neue Gesetz im \
            nächsten Jahr in Kraft tritt. Wer weiß, wonach er sucht, findet es leicht; sonst fragt man jemanden, der schon einmal hier gewesen ist. \
            Obwohl das Wetter schlecht war, dachten sie, es könnte sich lohnen, auf den Berg zu steigen. Bitte schalten Sie während der Sitzung Ihr \
            Telefon aus. Forscher haben gezeigt, dass guter Schlaf hilft, sich an das zu erinnern, was man gelesen hat. Welches davon würdest du wählen?
            """,
            """
            aber alle als also am an auch auf aus bei bin bis bist da damit dann das dass dein dem den der des die diese dieser dieses doch dort du durch \
            ein eine einem einen einer eines er es etwas euch für gegen habe haben hat hatte hatten hier ich ihm ihn ihr ihre im immer in ist ja jede jeder \
            jetzt kann kein keine können mehr mein mich mir mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seit sich sie sind so \
            soll über um und uns unter viel vom von vor war waren warum was weil wenn wer werden wie wieder wir wird wo würde zu zum zur zwischen
            """),
        LanguageSample(
            "nl",
            """
            Toen we 's avonds thuiskwamen, was het stil in huis en had niemand de kachel aangestoken. Mijn broer zei dat hij liever door de stad liep dan \
            op de trein te wachten, die in de winter vaak te laat komt. Kinderen leren veel dingen zonder dat iemand het ze uitlegt: hoe je lacht, hoe je \
            brood deelt en wat het betekent om een belofte te houden. De regering heeft gisteren aangekondigd dat de nieuwe wet volgend jaar ingaat. Als \
            je weet wat je zoekt, is het gemakkelijk te vinden; vraag het anders aan iemand die hier al eerder is geweest. Hoewel het slecht weer was, \
            dachten ze dat het misschien toch de moeite waard zou zijn om de heuvel te beklimmen. Zet uw telefoon uit tijdens de vergadering. Onderzoekers \
            hebben laten zien dat goed slapen mensen helpt te onthouden wat ze gelezen hebben. Welke van deze zou jij kiezen?
            """,
            """
            aan al alle als altijd andere ben bij daar dan dat de deze die dit doen door dus een en er ge geen haar had hadden heb hebben heeft hem het hier \
            hij hoe hun iemand iets ik in is ja je jij jouw kan kon kunnen maar meer men met mij mijn moet na naar niet niets nog nu of om omdat onder ons \
            ook op over reeds te tegen toch toen tot u uit uw van veel voor waar waren was wat we wel werd wie wij wil worden zal ze zei zich zij zijn zo \
            zonder zou
            """),
        LanguageSample(
            "sv",
            """
            När vi kom hem på kvällen var det tyst i huset och ingen hade tänt en brasa. Min bror sa att han hellre ville gå genom staden än vänta på tåget, \
            som ofta är försenat på vintern. Barn lär sig mycket utan att någon har visat dem: hur man skrattar, hur man delar bröd och vad det betyder att \
            hålla ett löfte. Regeringen meddelade i går att den nya lagen träder i kraft nästa år. Om du vet vad du letar efter borde det vara lätt att \
            hitta; annars kan du fråga någon som har varit här tidigare. Trots att vädret var dåligt tänkte de att det ändå kunde vara värt att klättra \
            upp på berget. Stäng av telefonen under mötet. Forskare har visat att en god natts sömn hjälper människor att minnas vad de har läst. Vilken \
            av dessa skulle du välja?
            """,
            """
            all alla allt att av blev bli blir de dem den denna deras dess dessa det detta dig din dina ditt du där efter ej eller en er ett från för gå ha \
            hade han hans har henne hennes hon honom hur här i icke ingen inom inte jag ju kan kunde man med mellan men mig min mina mitt mot mycket ni nu när \
            någon något några och om oss på samma sedan sig sin sina sitta själv skulle som så sådan till under upp ut utan vad var vara vars vem vi vid \
            vilka vilken vår våra än är åt över också måste mer
            """),
        LanguageSample(
            "da",
            """
            Da vi kom hjem om aftenen, var der stille i huset, og ingen havde tændt op. Min bror sagde, at han hellere ville gå gennem byen end vente på \
            toget, som tit er forsinket om vinteren. Børn lærer meget, uden at nogen har vist dem det: hvordan man ler, hvordan man deler brød, og hvad det \
            betyder at holde et løfte. Regeringen meddelte i går, at den nye lov træder i kraft næste år. Hvis du ved, hvad du leder efter, burde det være \
            nemt at finde; ellers må du spørge nogen, der har været her før. Selv om vejret var dårligt, tænkte de, at det alligevel kunne være værd at \
            bestige bakken. Sluk venligst telefonen under mødet. Forskere har vist, at en god nats søvn hjælper mennesker med at huske, hvad de har læst. \
            Hvilken af disse ville du vælge?
            """,
            """
            af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller en end er et for fra ham han hans \
            har havde hende hendes her hun hvad hvis hvor hvordan hvilken i ikke ind jeg jer jo kun kunne man mange med meget men mig min mine mit mod må \
            nogen noget nogle nu når og også om op os over på selv sig sin sine skal skulle som sådan til ud uden under var ved vi vil ville vor være været
            """),
        LanguageSample(
            "nb",
            """
            Da vi kom hjem om kvelden, var det stille i huset, og ingen hadde fyrt opp i ovnen. Broren min sa at han heller ville gå gjennom byen enn å vente \
            på toget, som ofte er forsinket om vinteren. Barn lærer mye uten at noen har vist dem det: hvordan man ler, hvordan man deler brød, og hva det \
            betyr å holde et løfte. Regjeringen kunngjorde i går at den nye loven trer i kraft neste år. Hvis du vet hva du leter etter, burde det være lett \
            å finne; ellers kan du spørre noen som har vært her før. Selv om været var dårlig, tenkte de at det likevel kunne være verdt å gå opp på fjellet. \
            Slå av telefonen under møtet. Forskere har vist at en god natts søvn hjelper folk med å huske hva de har lest. Hvilken av disse ville du ha valgt?
            """,
            """
            alle at av ble bli blir bare både da de dem den denne der deres det dette deg din disse du eller en enn er et etter for fordi fra før ga gjennom \
            ha hadde han hans har henne hennes her hun hva hvem hver hvilken hvis hvor hvordan hvorfor i ikke inn ingen jeg kan kunne kom man mange med meg \
            meget mellom men min mine mitt mot mye må ned noe noen nå når og også om opp oss over på selv seg sin skal skulle slik som så til ut uten under \
            var ved vi vil ville vår være vært å
            """),
    ]
}
