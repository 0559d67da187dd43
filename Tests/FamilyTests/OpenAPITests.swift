import APIKit
import Foundation
import StrictJSON
import Testing

/// The descriptions in docs/api are what the tables say. After a change: TUTTI_WRITE_API=1 cluster/test --filter OpenAPITests
@Suite struct OpenAPITests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/api")

    @Test func theDescriptionsInTheRepositoryAreUpToDate() async throws {
        for (name, family, _, _) in try await World().families {
            let text = pretty(try #require(family.description)) + "\n"
            let file = Self.folder.appending(path: "\(name).json")
            if ProcessInfo.processInfo.environment["TUTTI_WRITE_API"] != nil { try Data(text.utf8).write(to: file) }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "docs/api/\(name).json is out of date")
        }
    }

    @Test func everyReferenceIsThereAndEveryOperationIsNamedOnce() async throws {
        for (name, family, _, _) in try await World().families {
            let document = try #require(family.description)
            let schemas = Set((document["components"]?["schemas"]?.members ?? []).map(\.name))
            for reference in references(document) {
                #expect(schemas.contains(String(reference.dropFirst("#/components/schemas/".count))), "\(name): \(reference)")
            }
            let operations = family.endpoints.map(\.operation)
            #expect(Set(operations).count == operations.count, "\(name)")
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
