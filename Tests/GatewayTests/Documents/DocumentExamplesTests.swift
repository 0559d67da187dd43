import Foundation
import NIOHTTP1
import Platform
import StrictJSON
import Testing

/// Every JSON example of the four documents: sent as it is written, answered as it is written there.
@Suite struct DocumentExamplesTests {
    static func description(_ family: DocumentedFamily, _ live: LiveCoordinator) async throws -> ServedDescription {
        ServedDescription(document: try await live.call(.GET, family.base + "/openapi.json").json)
    }

    @Test func everyExampleIsAnsweredAsItsDocumentSays() async throws {
        try await DocumentedCoordinator.serving { live in
            var calls = DocumentCalls(live)
            var (answered, missing) = (0, [String]())
            for family in try DocumentedFamily.all {
                let description = try await Self.description(family, live)
                for example in family.examples {
                    let operation = try #require(description.operation(example), "\(example.key) is not described")
                    guard ServedDescription.isBuilt(operation) else {
                        missing.append(example.key)
                        let reply = try await calls.send(example, of: family)
                        let code = reply.code ?? reply.json["error"]?.text ?? ""
                        #expect(reply.status == 501 && code.uppercased() == "NOT_IMPLEMENTED", "\(example.key): \(reply.status) \(reply.json.encodedText)")
                        checkError(reply.json, family, description, example.key)
                        continue
                    }
                    answered += 1
                    try await check(example, family, description, operation, &calls)
                }
            }
            print("examples of the documents: \(answered) answered, \(missing.count) of endpoints that are not built: \(missing.joined(separator: ", "))")
        }
    }

    private func check(
        _ example: DocumentedExample, _ family: DocumentedFamily, _ description: ServedDescription, _ operation: JSON, _ calls: inout DocumentCalls
    ) async throws {
        var reply = try await calls.send(example, of: family)
        if let refusal = DocumentExpectations.refused[example.key] ?? DocumentExpectations.waiting[example.key] {
            let code = reply.code ?? reply.json["error"]?.text
            #expect(reply.status == refusal.status && code == refusal.code, "\(example.key), \(refusal.why): \(reply.status) \(reply.json.encodedText)")
            if let field = refusal.field { #expect(reply.json["error"]?["details"]?["field"]?.text == field, "\(example.key)") }
            guard try await calls.make(for: example) else { return }
            reply = try await calls.send(example, of: family)
        }
        let successes = ServedDescription.successes(operation)
        // Where the reply is not described yet, any success will do.
        let isSuccess = successes.isEmpty ? (200...202).contains(reply.status) : successes.contains("\(reply.status)")
        #expect(isSuccess, "\(example.key): \(reply.status) \(reply.json.encodedText)")
        guard isSuccess else { return }
        calls.learn(example, reply.json)
        guard let documented = example.reply else { return }
        if documented.type != "application/json" {
            return checkSeries(documented.body.text ?? "", String(decoding: reply.body, as: UTF8.self))
        }
        var comparison = DocumentComparison(
            description: description, nullable: DocumentExpectations.nullable[example.key] ?? [], empty: DocumentExpectations.empty[example.key] ?? [],
            named: DocumentExpectations.named[example.key] ?? [])
        let schema = description.reply(operation)
        let found = comparison.differences(documented.body, reply.json, schema)
        #expect(found == [], "\(example.key): \(reply.json.encodedText)")
        guard let query = DocumentExpectations.fuller[example.key] else { return }
        comparison.empty = []
        try await fuller(example, query, calls, comparison, schema)
    }

    /// Asks, as the administrator, so that the lists have something.
    private func fuller(
        _ example: DocumentedExample, _ query: [(name: String, value: String)], _ calls: DocumentCalls, _ comparison: DocumentComparison, _ schema: JSON?
    ) async throws {
        let family = try DocumentedFamily(example.family)
        let asked = query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        // What is logged is kept a moment later.
        _ = try await until("\(example.key)?\(asked) is answered as documented") {
            let reply = try await calls.live.admin(.GET, "\(family.base)\(example.path)?\(asked)")
            return comparison.differences(example.reply?.body ?? .null, reply.json, schema).isEmpty ? true : nil
        }
    }

    /// The series that the document shows are there, of the documented kind.
    private func checkSeries(_ documented: String, _ text: String) {
        let lines = Set(text.split(separator: "\n"))
        for line in documented.split(separator: "\n") where line.hasPrefix("#") { #expect(lines.contains(line), "\(line)") }
        for line in documented.split(separator: "\n") where !line.hasPrefix("#") {
            let (name, labels) = (line.prefix { $0 != "{" }, line.split(separator: "\"").indices.count / 2)
            let same = lines.filter { $0.hasPrefix(name + "{") }
            #expect(!same.isEmpty && same.allSatisfy { $0.split(separator: "\"").indices.count / 2 == labels }, "\(line)")
        }
    }

    /// A refusal has the document's form.
    private func checkError(_ reply: JSON, _ family: DocumentedFamily, _ description: ServedDescription, _ place: String) {
        let schema: JSON = ["$ref": "#/components/schemas/Error"]
        for documented in family.errors {
            #expect(DocumentComparison(description: description).differences(documented, reply, schema) == [], "\(place): \(reply.encodedText)")
        }
    }

    @Test func refusalsHaveTheDocumentsForm() async throws {
        try await DocumentedCoordinator.serving { live in
            for family in try DocumentedFamily.all where !family.errors.isEmpty {
                let row = try #require(DocumentExpectations.provoked.first { $0.family == family.name }, "\(family.name) has no row")
                let description = try await Self.description(family, live)
                let reply = try await live.call(HTTPMethod(rawValue: row.method), family.base + row.path, Array(row.body.utf8), bearer: live.key)
                #expect(reply.status == 400, "\(reply.json.encodedText)")
                checkError(reply.json, family, description, row.path)
            }
        }
    }

    @Test func everyRowHasItsExample() throws {
        let examples = try DocumentedFamily.all.flatMap(\.examples)
        let keys = Set(examples.map(\.key))
        #expect(keys.count == examples.count && examples.count(where: { $0.origin == "reference" }) == 65, "an example is there twice, or one is gone")
        let rows = [
            Array(DocumentExpectations.refused.keys), Array(DocumentExpectations.waiting.keys), Array(DocumentExpectations.empty.keys),
            Array(DocumentExpectations.fuller.keys), Array(DocumentExpectations.named.keys), Array(DocumentExpectations.nullable.keys),
            Array(DocumentExpectations.anonymous),
        ]
        for row in rows.joined() { #expect(keys.contains(row), "no document has \(row)") }
    }

    /// What webhooks send of a documented event has the documented fields.
    @Test func everyDocumentedEventHasItsFields() throws {
        var seen: [String] = []
        for event in try DocumentedFamily.all.flatMap(\.events) {
            let name = try #require(event["event"]?.text)
            let known = try #require(WebhookEvent(rawValue: name), "\(name) is not known")
            #expect(event.members?.map(\.name) == ["event", "timestamp", "data"])
            for field in event["data"]?.members ?? [] { #expect(known.fields.contains(field.name), "\(name) has no \(field.name)") }
            seen.append(name)
        }
        #expect(seen.count == 4)
    }
}
