import Foundation

import Language

/// The labelled sets, which were written for this project. The rules were looked over once with `languages`, `sentiment` and `entities`; `languages-names` and the
/// sets named `…-heldout` were written afterwards and are measured only. `Sets/peers.py` reads the same files.
enum LabelledSets {
    struct Named {
        var text: String
        var entities: [(label: Entity.Label, start: Int, end: Int)]
    }

    private static func lines(_ name: String) throws -> [[String]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Sets/\(name).tsv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    }

    /// A language and a sentence.
    static func languages(_ name: String) throws -> [(code: String, text: String)] { try lines(name).map { ($0[0], $0[1]) } }
    static func sentiments(_ name: String) throws -> [(label: SentimentReader.Label, text: String)] {
        try lines(name).compactMap { line in SentimentReader.Label(rawValue: line[0]).map { ($0, line[1]) } }
    }
    /// A text and a summary of it.
    static func summaries() throws -> [(text: String, summary: String)] { try lines("summaries").map { ($0[0], $0[1]) } }

    /// `[PERSON Anna Berg]` is an entity in the text.
    static func entities(_ name: String) throws -> [Named] {
        try lines(name).map { line in
            var named = Named(text: "", entities: [])
            var rest = line[0][...]
            while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") {
                named.text += rest[..<open]
                let parts = rest[rest.index(after: open)..<close].split(separator: " ", maxSplits: 1)
                let start = named.text.unicodeScalars.count
                named.text += parts[1]
                if let label = Entity.Label(rawValue: String(parts[0])) { named.entities.append((label, start, named.text.unicodeScalars.count)) }
                rest = rest[rest.index(after: close)...]
            }
            named.text += rest
            return named
        }
    }
}

/// A text with its tokens and sentences.
func read(_ string: String) -> (text: Text, sentences: [Sentence]) {
    let text = Text(string)
    return (text, text.sentences(text.tokens()))
}

/// Right, found and there, of one label.
struct Hits {
    var right = 0.0
    var found = 0.0
    var there = 0.0
    var precision: Double { found > 0 ? right / found : 0 }
    var recall: Double { there > 0 ? right / there : 0 }
    var f1: Double { right > 0 ? 2 * precision * recall / (precision + recall) : 0 }
}
