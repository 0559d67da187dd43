import Testing

import Language

@Suite struct ReadingTests {
    @Test func wordsNumbersAndAddressesStayWhole() {
        let text = Text("Don't e-mail jo.doe@example.org, see https://example.org/a?b=(c). It costs 3,50 €; l'été!")
        let tokens = text.tokens()
        #expect(tokens.filter { $0.kind == .mail }.map(\.text) == ["jo.doe@example.org"])
        #expect(tokens.filter { $0.kind == .address }.map(\.text) == ["https://example.org/a?b=(c)"])
        #expect(tokens.filter { $0.kind == .number }.map(\.text) == ["3,50"])
        #expect(tokens.filter { $0.kind == .word }.map(\.text) == ["Don't", "e", "mail", "see", "It", "costs", "l'été"])
    }

    @Test(arguments: [
        ("Dr. Smith came at 5 p.m. on Monday. He left.", 2), ("It costs 3.5 euros. Really?! Yes.", 3), ("Am 3. Mai war es z. B. kalt. Dann nicht.", 2),
        ("One line\n\nAnother one", 2), ("J. R. Ewing said \"No.\" Then he left.", 2), ("", 0), ("...", 1), ("これは文です。次の文。", 2),
        ("See Fig. 3 and pp. 4. The end.", 2),
    ])
    func sentencesEndWhereTheyDo(_ string: String, _ count: Int) {
        let (_, sentences) = read(string)
        #expect(sentences.count == count, "\(sentences.map { read(string).text.part($0.start, $0.end) })")
    }

    /// Tokens and sentences of anything lie in the text, in order, and say what stands there.
    @Test func offsetsAreThoseOfTheText() {
        var state: UInt64 = 7
        let pieces = [
            "a", "Ä", "é", "e\u{301}", "1", ".", ",", "!", " ", "\n", "\n\n", "@", "www.", "http://", "$", "%", "(", ")", "+49", "-", "/", "'", "\u{2019}s",
            "漢", "ไ", "😀",
            "\u{0}", "\u{FEFF}", "May", "Dr", "p.m.", "12:30", "<", "x@y.zz", "İ", "ß", "no", "very", "good", "but",
        ]
        for _ in 0..<2000 {
            var string = ""
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                string += pieces[Int(state >> 33) % pieces.count]
            }
            let (text, sentences) = read(string)
            var end = 0
            for token in text.tokens() {
                #expect(token.start >= end && token.end > token.start && token.text.unicodeScalars.elementsEqual(text.scalars[token.start..<token.end]))
                end = token.end
            }
            #expect(sentences.reduce(0) { $0 + $1.tokens.count } == text.tokens().count)
            for entity in EntityFinder().find(text, sentences, names: true) {
                #expect(entity.start < entity.end && entity.text.unicodeScalars.elementsEqual(text.scalars[entity.start..<entity.end]), "\(string)")
            }
            let sentiment = SentimentReader().read(sentences)
            #expect((-1...1).contains(sentiment.polarity) && (0...1).contains(sentiment.subjectivity))
            _ = LanguageFinder.shared.find(text)
            for keyword in KeywordFinder(language: "en").find(sentences) { #expect((0...1).contains(keyword.relevance)) }
            let summary = Summariser(language: "en").summarise(text, sentences, atMost: 6)
            #expect(summary.words <= 6)
        }
    }

    @Test func negationDegreeAndContrastCount() {
        func polarity(_ text: String) -> Double { SentimentReader().read(read(text).sentences).polarity }
        #expect(polarity("It is good.") > 0 && polarity("It is not good.") < 0)
        #expect(polarity("It is very good.") > polarity("It is good."))
        #expect(polarity("It is slightly bad.") > polarity("It is bad."))
        #expect(polarity("It is good!!!") > polarity("It is good."))
        #expect(polarity("It is good but it is bad.") < 0 && polarity("It is bad but it is good.") > 0)
        #expect(polarity("The table has four legs.") == 0)
        #expect(polarity("It is not only good.") > 0 && polarity("It is anything, far from good.") < 0)
    }

    @Test func languagesByScriptAndNoneOfNothing() {
        func language(_ text: String) -> String? { LanguageFinder.shared.find(Text(text))?.language }
        #expect(language("") == nil && language("12 34 !") == nil && language("ab") == nil)
        #expect(language("漢字とかな") == "ja" && language("你好世界") == "zh" && language("안녕하세요") == "ko")
        // Several languages are written in it.
        #expect(language("مرحبا بالعالم") == nil)
        #expect(LanguageFinder.languages.count == 25 && Set(LanguageFinder.languages).count == 25)
    }

    /// The formula of the paper by hand: five words without repetition.
    @Test func aKeywordsScoreIsThePapers() {
        let found = KeywordFinder(language: "en").find(read("quick foxes jump.").sentences, atMost: 10)
        #expect(found.contains { $0.text == "quick foxes jump" } && found.first?.relevance == 1)
        // Every word once, in one sentence: TRel 2 at the ends (one neighbour), 3 in the middle; TFreq 1, TSent 1, TCase 0, TPos ln ln 3.
        let position = 0.0940478276166991
        let (end, middle) = (position * 2 / (1 / 2.0 + 1 / 2.0), position * 3 / (1 / 3.0 + 1 / 3.0))
        func score(_ text: String) -> Double { found.first { $0.text == text }?.score ?? .nan }
        #expect(abs(score("quick") - end / (1 + end)) < 1e-9 && abs(score("foxes") - middle / (1 + middle)) < 1e-9)
        #expect(abs(score("quick foxes") - end * middle / (1 + end + middle)) < 1e-9)
        #expect(abs(KeywordFinder.likeness("kitten", "sitting") - 4.0 / 7) < 1e-12)
    }

    @Test func summariesAreSentencesOfTheTextInItsOrder() throws {
        for (string, _) in try LabelledSets.summaries() {
            let (text, sentences) = read(string)
            let total = sentences.reduce(0) { $0 + $1.wordCount }
            for words in [0, 5, 12, 30, 60, 100, total, 10_000] {
                let summary = Summariser(language: "en").summarise(text, sentences, atMost: words)
                #expect(summary.words <= words && summary.sentences == summary.sentences.sorted())
                for number in summary.sentences { #expect(string.contains(text.part(sentences[number].start, sentences[number].end))) }
                // Nothing that still fits is left out.
                let rest = words - summary.words
                #expect(!sentences.indices.contains { !summary.sentences.contains($0) && sentences[$0].wordCount <= rest && sentences[$0].wordCount > 0 })
            }
        }
    }

    /// TextRank of three sentences, of which the middle one shares a word with both others.
    @Test func ranksAreThoseOfTheFormula() {
        let ranks = Summariser(language: nil).rank([[1, 2], [2, 3], [3, 4]])
        // r = 0.15 + 0.85 · m / 2 for the ends, m = 0.15 + 0.85 · 2r.
        let end = (0.15 + 0.425 * 0.15) / (1 - 0.425 * 1.7)
        #expect(abs(ranks[0] - end) < 1e-4 && abs(ranks[2] - end) < 1e-4 && abs(ranks[1] - (3 - 2 * end)) < 1e-4)
    }

    /// A megabyte of what costs most is read in bounded work: this test ends.
    @Test func largeTextsAreReadToo() {
        for piece in ["Good dogs run. ", "a.b@", "http://", "((((", "1 ", "New York Bank of ", "no "] {
            let string = String(repeating: piece, count: 60_000 / piece.utf8.count)
            let (text, sentences) = read(string)
            _ = EntityFinder().find(text, sentences, names: true)
            _ = SentimentReader().read(sentences)
            _ = KeywordFinder(language: "en").find(sentences)
            _ = Summariser(language: "en").summarise(text, sentences, atMost: 10_000)
        }
    }
}
