extension LanguageSample {
    static let romance = [
        LanguageSample(
            "fr",
            """
            Quand nous sommes rentrés le soir, la maison était silencieuse et personne n'avait allumé le feu. Mon frère a dit qu'il préférait traverser la \
            ville à pied plutôt que d'attendre le train, qui est souvent en retard l'hiver. Les enfants apprennent beaucoup de choses sans qu'on les leur \
            enseigne : comment rire, comment partager le pain et ce que signifie tenir une promesse. Le gouvernement a annoncé hier que la nouvelle loi \
            entrera en vigueur l'année prochaine. Si vous savez ce que vous cherchez, ce devrait être facile à trouver ; sinon, demandez à quelqu'un qui est \
            déjà venu ici. Bien qu'il fît mauvais temps, ils pensaient que cela valait quand même la peine de monter sur la colline. Veuillez éteindre votre \
            téléphone pendant la réunion. Des chercheurs ont montré qu'un bon sommeil aide à se souvenir de ce qu'on a lu. Lequel choisirais-tu ?
            """,
            """
            à ai ainsi alors après as au aucun aussi autre aux avait avant avec avez avons bien c'est car ce ceci cela celle ces cet cette ceux chez comme d'un \
            d'une dans de depuis des donc dont du elle elles en encore entre es est et étaient était été être eux fait il ils j'ai je jusque l'on la le les leur \
            leurs lui ma mais me même mes moi mon ne ni nos notre nous on ont ou où par parce pas pendant peu peut plus pour pourquoi qu'il quand que quel \
            quelle qui quoi sa sans se ses si son sont sous sur ta te tes toi ton tous tout toute très tu un une vers vos votre vous y
            """),
        LanguageSample(
            "es",
            """
            Cuando llegamos a casa por la noche, todo estaba en silencio y nadie había encendido el fuego. Mi hermano dijo que prefería cruzar la ciudad a \
            pie antes que esperar el tren, que en invierno suele llegar tarde. Los niños aprenden muchas cosas sin que nadie se las enseñe: cómo reír, cómo \
            compartir el pan y qué significa cumplir una promesa. El gobierno anunció ayer que la nueva ley entrará en vigor el año que viene. Si usted sabe \
            lo que busca, debería ser fácil encontrarlo; si no, pregunte a alguien que haya estado aquí antes. Aunque hacía mal tiempo, pensaron que aun así \
            podía valer la pena subir a la colina. Por favor, apague el teléfono durante la reunión. Los investigadores han demostrado que dormir bien ayuda \
            a recordar lo que se ha leído. ¿Cuál de estos elegirías tú?
            """,
            """
            a al algo algunos ante antes así aún aunque cada como con contra cual cuando de del desde donde dos durante e el él ella ellas ellos en entre era \
            eran es esa ese eso esta está están estaba este esto estos fue fueron ha había hace han hasta hay la las le les lo los más me mi mientras mis muy \
            nada ni no nos nosotros nuestra nuestro o os otra otro para pero poco por porque pues que qué quien se ser si sí sido siempre sin sobre son soy su \
            sus también tan tanto te tiene todo todos tu tus un una uno usted y ya yo
            """),
        LanguageSample(
            "pt",
            """
            Quando chegámos a casa à noite, tudo estava em silêncio e ninguém tinha acendido a lareira. O meu irmão disse que preferia atravessar a cidade a \
            pé do que esperar pelo comboio, que no inverno chega muitas vezes atrasado. As crianças aprendem muitas coisas sem que ninguém lhes ensine: como \
            rir, como partilhar o pão e o que significa cumprir uma promessa. O governo anunciou ontem que a nova lei vai entrar em vigor no próximo ano. Se \
            você sabe o que procura, deve ser fácil de encontrar; senão, pergunte a alguém que já esteve aqui antes. Embora o tempo estivesse mau, eles \
            acharam que ainda assim podia valer a pena subir a colina. Por favor, desligue o telefone durante a reunião. Os investigadores mostraram que \
            dormir bem ajuda as pessoas a lembrar-se do que leram. Qual destes é que escolherias? Não há informações sobre as eleições de então.
            """,
            """
            a à ainda algo ao aos apenas as às até cada com como da das de dela dele deles depois do dos e é ela elas ele eles em entre era eram essa esse esta \
            está estão estava este estes eu foi foram há isso isto já lhe lhes mais mas me mesmo meu meus minha muito muitas na nada não nas nem no nos nós \
            nossa nosso num numa o os ou outra outro para pela pelas pelo pelos por porque pouco qual quando quanto que quem são se sem ser seu seus só sobre \
            sua suas também tão te tem têm tinha todo todos tu tudo um uma você vocês
            """),
        LanguageSample(
            "it",
            """
            Quando siamo tornati a casa la sera, tutto era silenzioso e nessuno aveva acceso il fuoco. Mio fratello ha detto che preferiva attraversare la \
            città a piedi piuttosto che aspettare il treno, che d'inverno è spesso in ritardo. I bambini imparano molte cose senza che nessuno gliele insegni: \
            come si ride, come si divide il pane e che cosa significa mantenere una promessa. Il governo ha annunciato ieri che la nuova legge entrerà in \
            vigore l'anno prossimo. Se sapete che cosa cercate, dovrebbe essere facile trovarlo; altrimenti chiedete a qualcuno che è già stato qui. Anche se \
            il tempo era brutto, pensavano che valesse comunque la pena di salire sulla collina. Si prega di spegnere il telefono durante la riunione. I \
            ricercatori hanno dimostrato che dormire bene aiuta le persone a ricordare quello che hanno letto. Quale di questi sceglieresti?
            """,
            """
            a ad agli ai al alla alle allo anche ancora c'è che chi ci come con contro cosa così cui da dagli dai dal dalla degli dei del della delle dello di \
            dopo dove due e è ed era erano essere fra già gli ha hai hanno ho i il in io l'ha la le lei li lo loro lui ma me mi mia mio molto ne negli nei nel \
            nella nelle nessuno noi non nostra nostro o ogni ora per perché più poi prima proprio può qualche quale quando quanto quella quelli quello questa \
            questi questo qui se sei senza si sia siamo solo sono sono sta stato su sua sue sugli sul sulla suo tra tu tutti tutto un una uno vi voi
            """),
        LanguageSample(
            "ro",
            """
            Când am ajuns acasă seara, era liniște în casă și nimeni nu aprinsese focul. Fratele meu a spus că preferă să meargă pe jos prin oraș decât să \
            aștepte trenul, care iarna întârzie adesea. Copiii învață multe lucruri fără ca cineva să li le arate: cum să râdă, cum să împartă pâinea și ce \
            înseamnă să ții o promisiune. Guvernul a anunțat ieri că noua lege va intra în vigoare anul viitor. Dacă știți ce căutați, ar trebui să fie ușor \
            de găsit; altfel întrebați pe cineva care a mai fost aici. Deși vremea era rea, ei s-au gândit că totuși ar merita să urce dealul. Vă rugăm să \
            închideți telefonul în timpul ședinței. Cercetătorii au arătat că un somn bun îi ajută pe oameni să își amintească ce au citit. Pe care ai alege?
            """,
            """
            a acea aceasta această acest aceste ai al ale am ar are as așa au avea ca că care când ce cea cei cel cele cine cu cum da dar de deci din după e ea \
            ei el ele era este eu face fără fi fie fost iar îi în între își îl la le lor lui mai mea mei meu mi mult nici noi nu o or ori pe pentru peste prin \
            sa să sau se și sunt tot toate un una unde unei unui va vă voi vom vor
            """),
    ]
}
