import APIKit
import Foundation
import StrictJSON
import Testing

/// The descriptions in docs/api are what the tables say. After a change: TUTTI_WRITE_API=1 cluster/test --filter OpenAPITests
@Suite struct OpenAPITests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/api")

    @Test func theDescriptionsInTheRepositoryAreUpToDate() async throws {
        for (name, family) in try await World().described {
            let text = pretty(try #require(family.description)) + "\n"
            let file = Self.folder.appending(path: "\(name).json")
            if ProcessInfo.processInfo.environment["TUTTI_WRITE_API"] != nil { try Data(text.utf8).write(to: file) }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "docs/api/\(name).json is out of date")
        }
    }

    @Test func everyReferenceIsThereAndEveryOperationIsNamedOnce() async throws {
        for (name, family) in try await World().described {
            let document = try #require(family.description)
            let schemas = Set((document["components"]?["schemas"]?.members ?? []).map(\.name))
            for reference in references(document) {
                #expect(schemas.contains(String(reference.dropFirst("#/components/schemas/".count))), "\(name): \(reference)")
            }
            let operations = family.endpoints.map(\.operation)
            #expect(Set(operations).count == operations.count, "\(name)")
        }
    }

    /// Whoever sends wrong credentials is told so, also where none are needed.
    @Test func everyOperationSaysHowItRefuses() async throws {
        for (name, family, _, _) in try await World().families {
            for (path, operation) in operations(try #require(family.description)) {
                let replies = operation["responses"]
                for status in ["400", "401", "403", "404", "413", "429", "500", "503"] { #expect(replies?[status] != nil, "\(name) \(path): \(status)") }
                for (status, reply) in (replies?.members ?? []).map({ ($0.name, $0.value) }) {
                    #expect(reply["headers"]?["X-Request-ID"]?["required"] == true, "\(name) \(path): \(status)")
                    #expect((reply["headers"]?["Retry-After"] != nil) == ["429", "503"].contains(status), "\(name) \(path): \(status)")
                }
                // What is built may still refuse a word of its document that is not.
                #expect(operation["x-not-built"] != true || replies?["501"] != nil, "\(name) \(path)")
            }
        }
    }

    /// Every field of a reply says whence it comes, and no two objects have one name.
    @Test func fieldsHaveSourcesAndObjectsNamesOfTheirOwn() async throws {
        for (name, family) in try await World().described {
            var named: [String: Shape] = [:]
            for contract in family.endpoints.compactMap(\.contract) {
                for case .json(let shape) in contract.replies.map(\.content) { expectSources(shape, name) }
                for case .json(let shape) in [contract.request] + contract.replies.map(\.content) { expectOneMeaning(.object(shape), name, &named) }
                if case .form(let shape, _) = contract.request { expectOneMeaning(.object(shape), name, &named) }
            }
        }
    }

    @Test func whatIsRefusedBeforeAnEndpointHasTheFamilysForm() async throws {
        let world = try await World()
        let refusal = try #require(world.phi.description)["paths"]?["/auth/token"]?["post"]?["responses"]?["401"]?["content"]?["application/json"]?["schema"]
        #expect(refusal?["anyOf"] == [["$ref": "#/components/schemas/TokenError"], ["$ref": "#/components/schemas/Error"]])
        let results = try #require(world.aisemble.description)["paths"]?["/jobs/{job_id}/results"]?["get"]?["responses"]
        #expect(results?["409"] != nil && results?["200"]?["content"]?["*/*"] != nil)
        let own = try #require(world.phi.description)["paths"]?["/openapi.json"]?["get"]?["responses"]?["200"]?["content"]?["application/json"]?["schema"]
        #expect(own == ["type": "object"])
    }

    @Test func aBodyIsNeededWhereOneOfItsFieldsIs() async throws {
        let world = try await World()
        func needsBody(_ family: Family, _ path: String) -> Bool? { family.description?["paths"]?[path]?["post"]?["requestBody"]?["required"]?.truth }
        #expect(needsBody(world.aisemble, "/jobs") == true)
        #expect(needsBody(world.enterprise, "/webhooks/{webhook_id}/rotate-secret") == false)
    }

    private func operations(_ document: JSON) -> [(path: String, operation: JSON)] {
        (document["paths"]?.members ?? []).flatMap { path in (path.value.members ?? []).map { ("\($0.name) \(path.name)", $0.value) } }
    }

    /// Nothing of v4 that is built takes or gives a body without saying what is in it.
    @Test func whatIsBuiltOfV4IsDescribedWhole() async throws {
        for endpoint in try await World().truststream.endpoints where endpoint.isBuilt {
            let contract = try #require(endpoint.contract, "\(endpoint.operation)")
            #expect(!contract.replies.isEmpty, "\(endpoint.operation)")
            if case .none = contract.request { #expect(endpoint.bodyLimitBytes == 0, "the body of \(endpoint.operation)") }
        }
    }

    private func expectOneMeaning(_ schema: Schema, _ place: String, _ named: inout [String: Shape]) {
        switch schema {
        case .object(let shape):
            #expect(named[shape.name, default: shape] == shape, "\(place): \(shape.name) is two things")
            guard named.updateValue(shape, forKey: shape.name) == nil else { return }
            for field in shape.fields { expectOneMeaning(field.schema, place, &named) }
        case .list(let schema, _, _), .map(let schema, _), .nullable(let schema): expectOneMeaning(schema, place, &named)
        case .either(let schemas): for schema in schemas { expectOneMeaning(schema, place, &named) }
        case .string, .choice, .name, .timestamp, .integer, .number, .boolean, .any: break
        }
    }

    private func expectSources(_ shape: Shape, _ place: String) {
        for field in shape.fields {
            #expect(field.source != nil, "\(place): \(shape.name).\(field.name)")
            expectSources(field.schema, place)
        }
    }

    private func expectSources(_ schema: Schema, _ place: String) {
        switch schema {
        case .object(let shape): expectSources(shape, place)
        case .list(let schema, _, _), .map(let schema, _), .nullable(let schema): expectSources(schema, place)
        case .either(let schemas): for schema in schemas { expectSources(schema, place) }
        case .string, .choice, .name, .timestamp, .integer, .number, .boolean, .any: break
        }
    }

    private func references(_ json: JSON) -> [String] {
        switch json {
        case .array(let elements): elements.flatMap(references)
        case .object(let members): members.flatMap { $0.name == "$ref" ? [$0.value.text ?? ""] : references($0.value) }
        default: []
        }
    }

    private func pretty(_ json: JSON, _ indent: String = "") -> String {
        let inner = indent + "  "
        switch json {
        case .array(let elements) where elements.contains { $0.members != nil || $0.elements != nil }:
            return "[\n" + elements.map { inner + pretty($0, inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members) where !members.isEmpty:
            return "{\n" + members.map { "\(inner)\(JSON.string($0.name).encodedText): \(pretty($0.value, inner))" }.joined(separator: ",\n") + "\n\(indent)}"
        default: return json.encodedText
        }
    }
}
