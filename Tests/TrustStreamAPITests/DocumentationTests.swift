import APIKit
import Foundation
import Platform
import Testing
import TrustStreamAPI

/// docs/api.md says what the tables in the code say.
@Suite struct DocumentationTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/api.md")

    private func rows(_ isRow: (String) -> Bool) throws -> [[String]] {
        try String(contentsOf: Self.page, encoding: .utf8).split(separator: "\n").map(String.init).filter(isRow)
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    private func who(_ access: Access) -> String {
        switch access {
        case .open: "anybody"
        case .administrator: "administrator"
        case .tenant(let scope): "administrator, scope `\(scope.rawValue)`"
        case .tenantOrNode(let scope): "administrator, scope `\(scope.rawValue)`, node"
        case .node: "node"
        case .member(let scope): "administrator, scope `\(scope.rawValue)`, member"
        case .client: "member"
        case .scope(let scope): "scope `\(scope.rawValue)`"
        }
    }

    private func size(_ bytes: Int) -> String {
        if bytes == 0 { return "none" }
        let (unit, name) = bytes >= 1 << 30 && bytes % (1 << 30) == 0 ? (1 << 30, "GiB") : bytes >= 1 << 20 ? (1 << 20, "MiB") : (1 << 10, "KiB")
        return bytes % unit == 0 ? "\(bytes / unit) \(name)" : "\(bytes)"
    }

    @Test func theRouteTableIsTheEndpointTable() throws {
        let documented = try rows { line in ["GET", "POST", "PUT", "DELETE", "PATCH"].contains { line.hasPrefix("| `\($0) /") } }
        let built = Surface().family.endpoints.map { ["`\($0.method) \($0.path)`", who($0.access), size($0.bodyLimitBytes), "\($0.rate)"] }
        #expect(documented.allSatisfy { $0.count == 5 && !$0[4].isEmpty })
        #expect(documented.map { Array($0.prefix(4)) } == built)
    }

    @Test func routesThatAreNotBuiltAreListedByTheirNames() async throws {
        let documented = try rows { $0.hasPrefix("| `") }.filter { $0.count == 5 && $0[4].hasPrefix("`") }.map { $0[4] }
        var notBuilt: [String] = []
        for endpoint in Surface().family.endpoints where !endpoint.isBuilt {
            let path = "/api/v4" + endpoint.path.replacing("{", with: "").replacing("}", with: "")
            if await Surface().call(endpoint.method, path).status == 501 { notBuilt.append("`\(endpoint.operation)`") }
        }
        #expect(documented == notBuilt)
    }

    @Test func theErrorTableIsTheCodes() throws {
        let documented = try rows { line in line.hasPrefix("| `") && line.split(separator: "|").count == 3 }.map { [$0[0], $0[1]] }
        #expect(documented == ErrorCode.allCases.map { ["`\($0.rawValue)`", "\($0.status)"] })
    }
}
