import CryptoSuite
import Federation
import Platform
import Storage
import Testing
import Trust

@Suite struct ArtifactsTests {
    private let now = Instant(milliseconds: 1000)
    private func artifacts(_ change: (inout ArtifactLimits) -> Void = { _ in }) -> Artifacts {
        var limits = ArtifactLimits()
        change(&limits)
        return Artifacts(store: MemoryStore(suite: .system), suite: .system, log: quiet, limits: limits)
    }
    private func put(_ artifacts: Artifacts, _ name: String, _ content: [UInt8], tenant: String = "one", life: Double? = nil, replaces: Bool = false)
        async throws
    {
        _ = try await artifacts.put(
            content, name: name, mediaType: "text/csv", tenant: tenant, actor: "me", lifetimeSeconds: life, replaces: replaces, now: now)
    }

    @Test func namesAreATenantsOwn() async throws {
        let artifacts = artifacts()
        try await put(artifacts, "a/b.csv", [1])
        try await put(artifacts, "a/b.csv", [2], tenant: "two")
        #expect(try await artifacts.get("a/b.csv", tenant: "one", now: now).content == [1])
        try await artifacts.delete("a/b.csv", tenant: "two", actor: "me", now: now)
        #expect(try await artifacts.get("a/b.csv", tenant: "one", now: now).content == [1])
        await #expect(throws: ArtifactFailure.notFound("artifact a/b.csv")) { _ = try await artifacts.get("a/b.csv", tenant: "two", now: now) }
        await #expect(throws: ArtifactFailure.notFound("artifact a/b.csv")) { try await artifacts.delete("a/b.csv", tenant: "two", actor: "me", now: now) }
    }

    @Test func contentGivesWayOnlyWhenItIsTold() async throws {
        let artifacts = artifacts()
        try await put(artifacts, "a", [1])
        try await put(artifacts, "a", [1])
        await #expect(throws: ArtifactFailure.self) { try await put(artifacts, "a", [2]) }
        try await put(artifacts, "a", [2], replaces: true)
        #expect(try await artifacts.get("a", tenant: "one", now: now).content == [2])
    }

    @Test func whatExpiredIsGone() async throws {
        let artifacts = artifacts()
        try await put(artifacts, "a", [1], life: 10)
        try await put(artifacts, "b", [1])
        let later = now.adding(seconds: 10)
        await #expect(throws: ArtifactFailure.self) { _ = try await artifacts.get("a", tenant: "one", now: later) }
        #expect(try await artifacts.list(tenant: "one", limit: 9, now: later).map(\.name) == ["b"])
        await artifacts.expire(now: later)
        #expect(try await artifacts.list(tenant: "one", limit: 9, now: now).map(\.name) == ["b"])
    }

    @Test func nobodyHasMoreThanItsShare() async throws {
        let artifacts = artifacts {
            $0.bytes = 10
            $0.tenantBytes = 25
            $0.tenantCount = 3
        }
        await #expect(throws: ArtifactFailure.tooLarge(limitBytes: 10)) { try await put(artifacts, "a", [UInt8](repeating: 0, count: 11)) }
        try await put(artifacts, "a", [UInt8](repeating: 0, count: 10))
        try await put(artifacts, "b", [UInt8](repeating: 0, count: 10))
        await #expect(throws: ArtifactFailure.tooMuch(limitBytes: 25, limitCount: 3)) { try await put(artifacts, "c", [UInt8](repeating: 0, count: 6)) }
        try await put(artifacts, "c", [1])
        await #expect(throws: ArtifactFailure.self) { try await put(artifacts, "d", []) }
        try await put(artifacts, "a", [1], replaces: true)
        try await put(artifacts, "d", [], tenant: "two")
    }

    @Test(arguments: ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "é", "a\u{0}b", String(repeating: "a", count: 257)])
    func noNameLeadsAstray(_ name: String) async throws {
        let artifacts = artifacts()
        await #expect(throws: ArtifactFailure.self) { try await put(artifacts, name, [1]) }
    }
}
