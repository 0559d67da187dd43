/// Opinion words of English with their strength, 1 (weak) to 4 (strong). Written for this project.
enum Lexicon {
    private static let good: [(strength: Double, words: String)] = [
        (
            4,
            """
            amazing awesome brilliant excellent exceptional extraordinary fabulous fantastic flawless incredible magnificent marvelous marvellous masterpiece \
            miraculous outstanding perfect perfection phenomenal sensational spectacular splendid stellar stunning sublime superb superlative terrific \
            unbeatable unforgettable wonderful wondrous ecstatic overjoyed thrilled adore
            """
        ),
        (
            3,
            """
            beautiful beloved best bliss blissful breathtaking charming cheerful compelling delight delighted delightful elegant exquisite fascinating favorite \
            favourite fun generous genius glorious gorgeous grateful great happy hilarious impressive inspiring joy joyful laughter loyal love loved lovely \
            luxurious memorable passionate pleased praise proud refreshing remarkable rewarding satisfying spotless superior thankful thoughtful treasure \
            triumph trust vibrant victory win winner winning wow yay heartwarming enchanting riveting gem blessed
            """
        ),
        (
            2,
            """
            accomplish accurate achieve admirable admire affectionate affordable agreeable amusing appealing appreciate appreciated appreciative astonishing \
            attentive attractive authentic bargain benefit beneficial better bonus brave bright calm capable care caring celebrate champion clean clever \
            comfortable comfy commend committed compassionate competent confident congratulations considerate convenient cool courteous cozy creative crisp \
            delicious dependable desirable durable eager easy effective efficient effortless encouraging energetic engaging enjoy enjoyable enjoyed \
            entertaining enthusiastic ethical excited exciting faithful fair famous fine flexible fresh friendly funny gentle gift glad good graceful gracious \
            handy harmony healthy helpful honest honor hope hopeful hospitable ideal improve improved improvement innovative insightful intelligent \
            interesting intuitive kind like liked lively lucky merry neat nice noble optimistic original peace peaceful pleasant pleasing pleasure polished \
            polite popular positive powerful precious pretty productive promising prompt quick quiet recommend recommended relax relaxed relaxing reliable relief \
            relieved resourceful respect respectful responsive rich robust safe satisfied satisfy secure silky sincere skilled sleek smart smile smooth solid \
            sparkling speedy stable strong sturdy stylish succeed success successful supportive sweet talented tasty tender tidy timely tops trustworthy useful \
            valuable versatile warm welcome welcoming wise witty worth worthwhile worthy yummy thank thanks crunchy juicy flavorful comforting
            """
        ),
        (
            1,
            """
            able accept acceptable adequate agree alive allow approve available aware balanced bold certain clear complete comprehensive decent fast fix fixed \
            free gain gained growth help helped helps huge ok okay new normal patient please practical proper ready reasonable resolve resolved right secured \
            settle simple solve solved straightforward suitable support sure useable usable well willing work works
            """
        ),
    ]
    private static let bad: [(strength: Double, words: String)] = [
        (
            4,
            """
            abhorrent abominable abysmal appalling atrocious awful despicable detest detestable devastating disastrous disaster disgrace disgraceful disgusting \
            dreadful evil garbage ghastly hate hated hateful hideous horrendous horrible horrid horrific horrifying loathe loathsome miserable nightmare \
            outrageous outrage pathetic repulsive revolting scam sickening terrible tragedy tragic unacceptable unbearable vile worst worthless crap
            """
        ),
        (
            3,
            """
            abuse abusive aggressive agony angry anguish arrogant ashamed betray betrayed broke broken brutal catastrophe cheat cheated corrupt cruel crushed cry damage \
            damaged danger dangerous dead deadly deceive deceptive defective depressed depressing despair desperate destroy destroyed dirty disappoint \
            disappointed disappointing disappointment dishonest dishearten disrespectful distress fail failed failure fake filthy foul fraud frightening frustrate \
            frustrated frustrating frustration furious grief grim grotesque harm harmful heartbroken heartbreaking hell hopeless hostile humiliating hurt idiot \
            idiotic ignorant incompetent infuriating insult insulting insufferable junk kill lie lied liar lousy malicious mess moron nasty nauseating neglect \
            obnoxious offensive painful panic poison poor rage regret rejected rotten rude ruin ruined sad sadness shame shameful shock shocking sick stink stupid \
            suck sucks suffer suffering terrified threat toxic trash traumatic ugly unethical unfair unhappy unprofessional unsafe upset upsetting useless vicious \
            violent vomit waste wasted wicked woeful wreck wretched
            """
        ),
        (
            2,
            """
            afraid alarming annoy annoyed annoying anxious argue awkward bad badly ban banned bitter blame bland bleak blurry bored boring bother breach buggy bulky \
            burn careless chaotic cheap clumsy clunky cold complain complained complaint complicated confused confusing costly cracked crash crashed crashes \
            cringe crooked crowded deny difficult disagree disgruntled dislike dismal dizzy doubt doubtful drab dull embarrassed embarrassing error exhausted \
            exhausting expensive fault faulty fear flaw flawed flimsy forgettable freeze frozen gloomy greasy greedy grumpy guilty gross hard harsh hassle \
            headache heavy ignore ignored impossible impractical inaccurate inadequate inconvenient inconsistent ineffective inefficient inferior insecure irritate \
            irritated irritating jealous lack lacking lag laggy lame lazy leak leaked leaking lonely lose loser loss lost mad mediocre mislead misleading missing \
            mistake mocked moody nervous noisy nonsense nuisance overcooked overpriced overrated pain pity plague pointless pretentious problem problematic reject \
            reluctant ridiculous risky rust rusty salty scared scary scratched selfish shabby shallow sloppy slow sluggish smelly soggy sorrow sorry spam spoiled \
            stale steal stole stolen stiff strange stress stressed stressful struggle stuck tasteless tedious tense terrifying tired tiresome tough trouble uncomfortable \
            undercooked underwhelming uneasy unfortunate unfortunately unfriendly unhelpful uninspired unnecessary unpleasant unreliable unresponsive unstable \
            unusable unwelcome vague weak weird worried worry worrying worse wrong wrongly yuck
            """
        ),
        (
            1,
            """
            alone avoid basic complex crisis critical dark delay delayed despite died dry empty excuse excuses fall fell fight forget forgot forgotten gap greed guess hide \
            hungry issue issues late limited little loud low messy need old odd outdated pale plain pricey primitive pushy questionable rare refund refuse refused \
            repair return returned rough rush sharp shut small smell strict tight unclear uneven unknown unsure unused wait waited warning wet
            """
        ),
    ]

    static let strengths: [String: Double] = {
        var strengths: [String: Double] = [:]
        for (strength, words) in good { for word in words.split(separator: " ") { strengths[String(word)] = strength } }
        for (strength, words) in bad { for word in words.split(separator: " ") { strengths[String(word)] = -strength } }
        return strengths
    }()

    /// Turned to the contrary by one of these shortly before.
    static let negations: Set<String> = [
        "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "nowhere", "without", "hardly", "barely", "scarcely", "cannot", "lacks",
        "isn't", "aren't", "wasn't", "weren't", "don't", "doesn't", "didn't", "can't", "couldn't", "won't", "wouldn't", "shouldn't", "haven't", "hasn't",
        "hadn't",
        "ain't", "dont", "doesnt", "didnt", "isnt", "wasnt", "cant", "wont", "far",
    ]
    /// What the strength of the next opinion word is multiplied with.
    static let degrees: [String: Double] = [
        "very": 1.3, "really": 1.3, "extremely": 1.5, "incredibly": 1.5, "absolutely": 1.4, "totally": 1.4, "completely": 1.4, "utterly": 1.5, "so": 1.2,
        "too": 1.2, "highly": 1.3, "deeply": 1.3, "truly": 1.3, "such": 1.2, "especially": 1.2, "particularly": 1.2, "exceptionally": 1.5, "remarkably": 1.4,
        "insanely": 1.5, "terribly": 1.3, "awfully": 1.3, "thoroughly": 1.3, "most": 1.2, "more": 1.1, "quite": 1.1, "pretty": 1.1, "super": 1.4, "much": 1.1,
        "fairly": 0.8, "rather": 0.9, "somewhat": 0.7, "slightly": 0.6, "kinda": 0.7, "mildly": 0.6, "a-bit": 0.7, "bit": 0.7, "little": 0.7, "almost": 0.7,
        "barely": 0.6, "partly": 0.7, "moderately": 0.8, "relatively": 0.8,
    ]
    /// What comes after one of these weighs more than what came before it.
    static let contrasts: Set<String> = ["but", "however", "nevertheless", "nonetheless", "yet", "although", "though", "except"]

    /// The strength of a word, or of what it is a form of; nil: it is no opinion word.
    static func strength(_ word: String) -> Double? {
        if let own = strengths[word] { return own }
        // -ly and plurals, past tenses, comparatives. The stem must be a word of the list.
        for (ending, replacements) in endings where word.count > ending.count + 2 && word.hasSuffix(ending) {
            let stem = word.dropLast(ending.count)
            for replacement in replacements { if let found = strengths[stem + replacement] { return found } }
            if let last = stem.last, stem.dropLast().last == last, let found = strengths[String(stem.dropLast())] { return found }
        }
        return nil
    }

    private static let endings: [(String, [String])] = [
        ("iness", ["y"]), ("ily", ["y"]), ("iest", ["y"]), ("ier", ["y"]), ("ies", ["y"]), ("ied", ["y"]), ("ness", [""]), ("ally", ["", "al"]),
        ("ably", ["able"]), ("ibly", ["ible"]), ("ly", ["", "le"]), ("est", ["", "e"]), ("ing", ["", "e"]), ("ed", ["", "e"]), ("er", ["", "e"]),
        ("es", ["", "e"]),
        ("s", [""]), ("ful", [""]),
    ]
}
