import Foundation
import Testing

import Language

/// What the model cards and docs/explanation/language.md say of quality, on the labelled sets.
@Suite struct QualityTests {
    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    @Test(arguments: [("languages", 1), ("languages-names", ModelCard.languages.figures["accuracy"] ?? 0)])
    func languagesAreFound(_ name: String, _ figure: Double) throws {
        let set = try LabelledSets.languages(name)
        var right = 0
        for (code, text) in set {
            let found = LanguageFinder.shared.find(Text(text))?.language
            if found == code { right += 1 } else { print("\(name): \(code) read as \(found ?? "none"): \(text)") }
        }
        let accuracy = Double(right) / Double(set.count)
        print("\(name): \(set.count) sentences, accuracy \(rounded(accuracy))")
        #expect(rounded(accuracy) == figure)
        if name == "languages-names" { #expect(set.count == ModelCard.languages.size) }
    }

    @Test(arguments: [("sentiment", 0.9), ("sentiment-heldout", ModelCard.sentiment.figures["macro_f1"] ?? 0)])
    func sentimentsAreRead(_ name: String, _ figure: Double) throws {
        let set = try LabelledSets.sentiments(name)
        var hits: [SentimentReader.Label: Hits] = [:]
        for (label, text) in set {
            let found = SentimentReader().read(read(text).sentences)
            hits[label, default: Hits()].there += 1
            hits[found.label, default: Hits()].found += 1
            if found.label == label { hits[label, default: Hits()].right += 1 } else { print("\(name): \(label) read as \(found): \(text)") }
        }
        let macro = SentimentReader.Label.allCases.map { hits[$0]?.f1 ?? 0 }.reduce(0, +) / 3
        print("\(name): \(set.count) texts, macro-F1 \(rounded(macro)), precision \(hits.mapValues { rounded($0.precision) })")
        #expect(rounded(macro) == figure)
        guard name.hasSuffix("heldout") else { return }
        #expect(set.count == ModelCard.sentiment.size)
        for label in SentimentReader.Label.allCases { #expect(label.confidence == rounded(hits[label]?.precision ?? 0), "\(label)") }
    }

    @Test(arguments: [("entities", 0.97), ("entities-heldout", ModelCard.entities.figures["macro_f1"] ?? 0)])
    func entitiesAreFound(_ name: String, _ figure: Double) throws {
        let set = try LabelledSets.entities(name)
        var hits: [Entity.Label: Hits] = [:]
        for named in set {
            let (text, sentences) = read(named.text)
            let found = EntityFinder().find(text, sentences, names: true)
            for entity in named.entities { hits[entity.label, default: Hits()].there += 1 }
            for entity in found {
                hits[entity.label, default: Hits()].found += 1
                let isRight = named.entities.contains { $0.label == entity.label && $0.start == entity.start && $0.end == entity.end }
                if isRight { hits[entity.label, default: Hits()].right += 1 } else { print("\(name): \(entity.label) '\(entity.text)' in: \(named.text)") }
            }
            for entity in named.entities where !found.contains(where: { $0.label == entity.label && $0.start == entity.start && $0.end == entity.end }) {
                print("\(name): \(entity.label) '\(text.part(entity.start, entity.end))' missed in: \(named.text)")
            }
        }
        let macro = Entity.Label.allCases.map { hits[$0]?.f1 ?? 0 }.reduce(0, +) / Double(Entity.Label.allCases.count)
        print("\(name): \(set.count) sentences, \(Int(hits.values.reduce(0) { $0 + $1.there })) entities, macro-F1 \(rounded(macro))")
        for label in Entity.Label.allCases {
            let own = hits[label] ?? Hits()
            print("  \(label.rawValue): precision \(rounded(own.precision)) recall \(rounded(own.recall)) of \(Int(own.there))")
            guard name.hasSuffix("heldout") else { continue }
            #expect(Entity.precision[label] == (own.found < 5 ? nil : rounded(own.precision)), "\(label)")
        }
        #expect(rounded(macro) == figure)
        #expect(!name.hasSuffix("heldout") || set.count == ModelCard.entities.size)
    }

    /// Words of the reference that are in the summary (ROUGE-1 recall and precision, as F1), beside the first three sentences.
    @Test func summariesAreNoWorseThanTheFirstSentences() throws {
        func words(_ text: String) -> [String: Int] {
            Text(text).tokens().filter { $0.kind == .word }.reduce(into: [:]) { $0[$1.lower, default: 0] += 1 }
        }
        func rouge(_ summary: String, _ reference: String) -> Double {
            let (own, wanted) = (words(summary), words(reference))
            let common = own.reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }
            return 2 * Double(common) / Double(own.values.reduce(0, +) + wanted.values.reduce(0, +))
        }
        var (ours, first) = ([Double](), [Double]())
        for (string, reference) in try LabelledSets.summaries() {
            let (text, sentences) = read(string)
            let lead = sentences.prefix(3)
            let room = lead.reduce(0) { $0 + $1.wordCount }
            ours.append(rouge(Summariser(language: "en").summarise(text, sentences, atMost: room).text, reference))
            first.append(rouge(text.part(lead.first?.start ?? 0, lead.last?.end ?? 0), reference))
        }
        let (own, lead) = (ours.reduce(0, +) / Double(ours.count), first.reduce(0, +) / Double(first.count))
        print("summaries: \(ours.count) texts, ROUGE-1 \(rounded(own)), of the first three sentences \(rounded(lead))")
        #expect(own >= lead)
        #expect(ours.count == ModelCard.summary.size && rounded(own) == ModelCard.summary.figures["rouge_1"])
    }

    /// Ten keywords that PyPI's yake 0.7.3 finds in the same texts (Sets/peers.py).
    @Test func keywordsAreThoseOfThePeer() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Sets/yake.tsv")
        let peers = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        var overlaps: [Double] = []
        for ((text, _), theirs) in zip(try LabelledSets.summaries(), peers) {
            let ours = KeywordFinder(language: "en").find(read(text).sentences).map(\.text)
            let common = Set(ours).intersection(theirs)
            overlaps.append(Double(common.count) / 10)
            print("keywords: \(common.count) of 10; ours alone \(ours.filter { !common.contains($0) }); theirs alone \(theirs.filter { !common.contains($0) })")
        }
        let mean = overlaps.reduce(0, +) / Double(overlaps.count)
        print("keywords: overlap@10 \(rounded(mean))")
        #expect(mean >= 0.7)
        #expect(overlaps.count == ModelCard.keywords.size && rounded(mean) == ModelCard.keywords.figures["overlap_at_10"])
    }
}
