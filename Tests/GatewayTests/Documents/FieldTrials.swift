import Foundation
import StrictJSON

/// What each documented field of a request does, and trials that show it (Tests/Golden/documents/fields.py says how they read).
struct FieldTrials: Sendable {
    struct Trial: Sendable {
        let send: JSON?
        let isLeftOut: Bool
        let also: [JSON.Member]
        /// The status of a refusal, which names this field; empty: it names none.
        let refused: Int?
        let names: String
        let reply: [JSON.Member]
        let then: [JSON.Member]
        let text: String
    }

    let key: String
    /// Set in every trial, for what may be there once.
    let base: [JSON.Member]
    let then: String?
    let fields: [(name: String, does: String, trials: [Trial])]

    static var all: [FieldTrials] {
        get throws {
            let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            let json = try JSON(parsing: Array(try Data(contentsOf: top.appending(path: "Golden/documents/fields.json"))))
            return (json.members ?? []).map { FieldTrials($0.name, $0.value) }
        }
    }

    private init(_ key: String, _ json: JSON) {
        self.key = key
        base = json["base"]?.members ?? []
        then = json["then"]?.text
        fields = (json["fields"]?.members ?? []).map { field in
            let trials = (field.value["trials"]?.elements ?? []).map { trial in
                Trial(
                    send: trial["send"], isLeftOut: trial["omit"] == true, also: trial["also"]?.members ?? [],
                    refused: trial["refused"]?.whole.map { Int($0) }, names: trial["field"]?.text ?? field.name, reply: trial["reply"]?.members ?? [],
                    then: trial["then"]?.members ?? [], text: trial.encodedText)
            }
            return (field.name, field.value["does"]?.text ?? "", trials)
        }
    }
}

extension JSON {
    /// The object with what is at `path` set; nil: without it.
    func with(_ path: String, _ value: JSON?) -> JSON {
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        let inner = parts.count == 1 ? value : (self[parts[0]] ?? .object([])).with(parts[1], value)
        guard let inner else { return .object((members ?? []).filter { $0.name != parts[0] }) }
        guard self[parts[0]] != nil else { return .object((members ?? []) + [.init(parts[0], inner)]) }
        return .object((members ?? []).map { $0.name == parts[0] ? .init($0.name, inner) : $0 })
    }

    /// Every text, also of names, as it is in `texts`.
    func substituting(_ texts: [String: String]) -> JSON {
        switch self {
        case .string(let text): .string(texts[text] ?? text)
        case .array(let elements): .array(elements.map { $0.substituting(texts) })
        case .object(let members): .object(members.map { .init(texts[$0.name] ?? $0.name, $0.value.substituting(texts)) })
        default: self
        }
    }

    /// What is at a place: `jobs[].status`, `jobs.#`, `page.limit`.
    func at(_ place: some Collection<String>) -> [JSON] {
        guard let first = place.first else { return [self] }
        let rest = place.dropFirst()
        if first == "#" { return [.integer(Int64(elements?.count ?? members?.count ?? 0))] }
        guard first.hasSuffix("[]") else { return (self[first] ?? .null).at(rest) }
        return (self[String(first.dropLast(2))]?.elements ?? []).flatMap { $0.at(rest) }
    }

    /// Whether what was found is what a trial wants.
    static func fits(_ found: [JSON], _ wanted: JSON) -> Bool {
        guard let rule = wanted.members?.first else { return found.allSatisfy { $0 == wanted || ($0.double != nil && $0.double == wanted.double) } }
        switch rule.name {
        case "is":
            let isNull = found.first == .null
            return rule.value == "null" ? isNull : !found.isEmpty && !isNull && found.first != ""
        case "least": return (found.first?.double ?? -.infinity) >= (rule.value.double ?? .infinity)
        case "has":
            return found.contains { $0.elements?.contains(rule.value) == true || $0.text?.contains(rule.value.text ?? "\u{0}") == true }
        case "seconds":
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            // The machine may be slow; two values of a field are further apart than this.
            guard let at = found.first?.text.flatMap({ formatter.date(from: $0) }) else { return false }
            return abs(at.timeIntervalSinceNow - (rule.value.double ?? 0)) < 300
        default: return false
        }
    }
}
