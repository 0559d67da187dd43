import Foundation
import StrictJSON

/// What a document says of a family, letter by letter (Tests/Golden/documents).
struct DocumentedFamily: Sendable {
    static let names = ["enterprise", "aisemble", "truststream", "phi"]
    let name: String
    let base: String
    let examples: [DocumentedExample]
    /// Bodies of refusals, and of what webhooks send.
    let errors: [JSON]
    let events: [JSON]
    /// Of every call, but for those that show their own.
    let headers: [(name: String, value: String)]

    static var all: [DocumentedFamily] { get throws { try names.map { try DocumentedFamily($0) } } }

    init(_ name: String) throws {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let json = try JSON(parsing: Array(try Data(contentsOf: top.appending(path: "Golden/documents/\(name).json"))))
        self.name = name
        base = json["base"]?.text ?? ""
        examples = (json["examples"]?.elements ?? []).map { DocumentedExample(name, $0) }
        errors = json["errors"]?.elements ?? []
        events = json["events"]?.elements ?? []
        // Those of replies are not sent. Where a document shows several ways to say who calls, the first is taken.
        let written = (json["headers"]?.elements ?? []).map { (name: $0["name"]?.text ?? "", value: $0["value"]?.text ?? "") }
        headers = Self.sent.compactMap { name in written.first { $0.name == name } }
    }

    private static let sent = ["Authorization", "X-Tenant-ID"]
}

/// A call of a document and the reply that it shows.
struct DocumentedExample: Sendable {
    let family: String
    let origin: String
    let method: String
    /// Below the family's base, with `{parameter}`.
    let path: String
    let query: [(name: String, value: String)]
    /// Parameters of the query that the document names, with what it says of them.
    let choices: [(name: String, says: String)]
    let headers: [(name: String, value: String)]
    let request: (type: String, body: JSON)?
    let reply: (type: String, body: JSON)?

    /// `aisemble GET /jobs/{job_id}`; what a snippet shows has its own.
    var key: String { "\(family) \(method) \(path)" + (origin == "reference" ? "" : " by \(origin)") }

    init(_ family: String, _ json: JSON) {
        func texts(_ name: String) -> [(name: String, value: String)] { (json[name]?.members ?? []).map { ($0.name, $0.value.text ?? "") } }
        func content(_ name: String) -> (type: String, body: JSON)? {
            json[name].flatMap { content in content["body"].map { (content["type"]?.text ?? "", $0) } }
        }
        self.family = family
        origin = json["origin"]?.text ?? ""
        method = json["method"]?.text ?? ""
        path = json["path"]?.text ?? ""
        query = texts("query")
        choices = texts("choices").map { ($0.name, $0.value) }
        headers = texts("headers")
        request = content("request")
        reply = content("reply")
    }
}

/// A family's description as the coordinator serves it.
struct ServedDescription: Sendable {
    let document: JSON

    func operation(_ example: DocumentedExample) -> JSON? { document["paths"]?[example.path]?[example.method.lowercased()] }
    static func isBuilt(_ operation: JSON) -> Bool { operation["x-not-built"] != true }
    static func successes(_ operation: JSON) -> [String] { (operation["responses"]?.members ?? []).map(\.name).filter { $0.hasPrefix("2") } }

    /// Of the reply that says yes; nil where it is no JSON or not described.
    func reply(_ operation: JSON) -> JSON? {
        Self.successes(operation).first.flatMap { operation["responses"]?[$0]?["content"]?["application/json"]?["schema"] }
    }

    /// The schema itself, without references, and whatever it is put together from.
    private func parts(_ schema: JSON) -> [JSON] {
        var found = [schema]
        if let name = schema["$ref"]?.text?.split(separator: "/").last, let named = document["components"]?["schemas"]?[String(name)] {
            found += parts(named)
        }
        for word in ["allOf", "anyOf"] { found += (schema[word]?.elements ?? []).flatMap(parts) }
        return found
    }

    func mayBeNull(_ schema: JSON) -> Bool {
        let parts = parts(schema)
        // What says no type says that it may be anything.
        let saysNothing = ["type", "$ref", "allOf", "anyOf"].allSatisfy { schema[$0] == nil }
        return saysNothing || parts.contains { $0["type"] == "null" || $0["type"]?.elements?.contains("null") == true }
    }

    func property(_ name: String, of schema: JSON) -> JSON? {
        let parts = parts(schema)
        return parts.lazy.compactMap { $0["properties"]?[name] }.first ?? parts.lazy.compactMap { $0["additionalProperties"] }.first
    }

    func element(of schema: JSON) -> JSON? { parts(schema).lazy.compactMap { $0["items"] }.first }
}

/// Holds replies against what a document shows: every key, with the same JSON type.
struct DocumentComparison: Sendable {
    let description: ServedDescription
    /// Where nothing is described: places that may be null.
    var nullable: Set<String> = []
    /// Lists in which there may be nothing.
    var empty: Set<String> = []
    /// Objects whose keys are names of things: what is under one has the form of what is under another.
    var named: Set<String> = []

    /// What of `documented` the reply has not, in words. A place is `jobs[].job_id`.
    func differences(_ documented: JSON, _ reply: JSON?, _ schema: JSON?, at path: String = "") -> [String] {
        guard let reply else { return ["\(path) is missing"] }
        if reply == .null {
            // A document may have null itself, and says with it that there may be something.
            let isDeclared = schema.map { description.mayBeNull($0) } ?? nullable.contains(path)
            return isDeclared ? [] : ["\(path) is null and not declared to be"]
        }
        guard documented != .null else { return [] }
        guard reply.kind == documented.kind else { return ["\(path) is \(reply.kind), documented is \(documented.kind)"] }
        if let shown = documented.elements {
            guard let first = shown.first, let told = reply.elements else { return [] }
            if told.isEmpty { return empty.contains(path) ? [] : ["\(path) is empty"] }
            return told.flatMap { differences(first, $0, schema.flatMap(description.element), at: path + "[]") }
        }
        func deeper(_ name: String, _ documented: JSON, _ place: String, _ value: JSON?) -> [String] {
            let inner = schema.flatMap { description.property(name, of: $0) }
            if schema != nil && inner == nil { return ["\(place) is not described"] }
            return differences(documented, value, inner, at: place)
        }
        let members = documented.members ?? []
        if named.contains(path) {
            guard let first = members.first, first.value.members != nil else { return [] }
            let told = reply.members ?? []
            if told.isEmpty { return ["\(path) has nothing"] }
            return told.flatMap { deeper($0.name, first.value, "\(path).*", $0.value) }
        }
        return members.flatMap { deeper($0.name, $0.value, path.isEmpty ? $0.name : "\(path).\($0.name)", reply[$0.name]) }
    }
}
