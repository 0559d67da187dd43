import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import Logging
import NIOHTTP1
import Platform
import Storage
import StrictJSON
import Telemetry
import Testing
import Trust

/// What the log says of requests, to whom, and where failed logins are counted.
@Suite struct LogTests {
    /// Where nobody looks; what is logged is stored.
    private struct Unseen: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice
        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {}
    }

    private static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// A folder with a tenant `two` beside the usual one, and a key of each that may see the log and jobs.
    private func withTenants(_ work: @Sendable (CoordinatorFolder, _ keys: [String: String]) async throws -> Void) async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let store = try SQLiteStore(folder: folder.path, suite: .system)
            let tenants = try await Tenants.open(store: store, random: .system, now: Self.now())
            let identity = Identity(store: store)
            var keys: [String: String] = [:]
            let other = try await tenants.create(NewTenant(name: "Two"), actor: "test", now: Self.now())
            for (name, tenant) in [("one", Tenants.defaultID), ("two", other.id)] {
                let made = try await identity.createKey(
                    KeyRequest(name: name, tenant: tenant, scopes: [.ops, .jobs]), by: .platform(id: "root"), now: Self.now())
                keys[name] = made.key.text
            }
            await store.close()
            try await work(folder, keys)
        }
    }

    @Test func aTenantSeesItsOwnRequestsAndNobodyElses() async throws {
        try await withTenants { folder, keys in
            let log = NodeLog("coordinator", level: "info", visible: { _ in Unseen() })
            try await LiveCoordinator.serving(folder, kept: log) { live in
                for (name, key) in keys.sorted(by: { $0.key < $1.key }) {
                    let asked = try await live.call(
                        .GET, "/api/v2/jobs?limit=3&password=hush-hush-hush", bearer: key, headers: [("x-request-id", "req-of-\(name)")])
                    #expect(asked.status == 200)
                    // A path that holds what it should not.
                    #expect(try await live.call(.GET, "/api/v2/jobs/job_hush-hush-hush", bearer: key, headers: [("x-request-id", "no-\(name)")]).status == 404)
                }
                _ = try await live.call(.GET, "/api/v2/jobs", bearer: "tutti_hush-hush-hush", headers: [("x-request-id", "nobody")])
                for (name, key) in keys {
                    let other = name == "one" ? "two" : "one"
                    func lines(_ key: String) async throws -> [JSON] {
                        try await live.call(.GET, "/api/v2/ops/logs?limit=1000", bearer: key).json["logs"]?.elements ?? []
                    }
                    _ = try await until("the lines of \(name)") { try await lines(key).contains { $0["trace_id"]?.text == "no-\(name)" } ? true : nil }
                    let mine = try await lines(key)
                    let traces = mine.compactMap { $0["trace_id"]?.text }
                    #expect(traces.contains("req-of-\(name)") && !traces.contains { $0 == "nobody" || $0.hasSuffix(other) }, "\(traces)")
                    let details = try #require(mine.first { $0["trace_id"]?.text == "req-of-\(name)" }?["details"])
                    #expect(details["method"] == "GET" && details["route"] == "/api/v2/jobs" && details["status"] == "200")
                    #expect(details["ms"]?.text.flatMap { Int($0) } != nil && details["principal"]?.text.map { key.contains($0) } == true)
                    let lost = try #require(mine.first { $0["trace_id"]?.text == "no-\(name)" }?["details"])
                    #expect(lost["route"] == "/api/v2/jobs/{job_id}" && lost["status"] == "404")
                    #expect(mine.allSatisfy { !$0.encodedText.contains("hush") && !$0.encodedText.contains(key) })
                }
                let all = try await live.admin(.GET, "/api/v2/ops/logs?limit=1000").json
                #expect(all["logs"]?.elements?.contains { $0["trace_id"]?.text == "nobody" } == true, "the operator sees those of nobody")
                #expect(!all.encodedText.contains("hush"))
            }
        }
    }

    /// Twelve ways that do not lead in, each counted once for the address that they came from.
    @Test func everyFailedLoginIsCounted() async throws {
        try await withTenants { folder, keys in
            let log = NodeLog("coordinator", level: "notice", visible: { _ in Unseen() })
            let began = Self.now()
            try await LiveCoordinator.serving(folder, kept: log) { live in
                let good = try #require(keys["one"])
                let wrong = good.dropLast() + (good.hasSuffix("A") ? "B" : "A")
                // Keys that are nobody's, in two families.
                #expect(try await live.call(.GET, "/api/v2/jobs", bearer: String(wrong)).status == 401)
                #expect(try await live.call(.GET, "/api/v1/tenants/default/status", bearer: "not.a.token").status == 401)
                // A user and a client who are none: three tries each, and one that is throttled unless the three have taken their time.
                for statuses in [[401], [401], [401], [401, 429]] {
                    let user: JSON = ["username": "nobody", "password": "correct horse"]
                    #expect(statuses.contains(try await live.call(.POST, "/api/v2/auth/login", user.encoded()).status))
                    let client: JSON = ["client_id": "client_none", "client_secret": "correct horse", "grant_type": "client_credentials"]
                    #expect(statuses.contains(try await live.call(.POST, "/v1/auth/token", client.encoded()).status))
                }
                // The console.
                for _ in 1...2 {
                    let reply = try await live.call(
                        .POST, "/console/sign-in", Array("key=\(wrong)".utf8), type: "application/x-www-form-urlencoded",
                        headers: [("sec-fetch-site", "same-origin"), ("origin", live.url)])
                    #expect(reply.status != 303)
                }
                // What leads in, or says nothing, is none.
                #expect(try await live.call(.GET, "/api/v2/jobs", bearer: good).status == 200)
                #expect(try await live.call(.GET, "/api/v2/jobs").status == 401)
                _ = try await until("the alert") {
                    let status = try await live.admin(.GET, "/api/v2/ops/status").json
                    return status.encodedText.contains("failed within 5 minutes") ? true : nil
                }
            }
            let store = try SQLiteStore(folder: folder.path, suite: .system)
            var series = TimeSeries()
            #expect(series.restore(try await store.series(tier: SeriesTier.tenSeconds.rawValue)) == 0)
            let counted = series.total(SeriesSelector(SeriesName.failedLogins), from: began.adding(seconds: -10), to: Self.now().adding(seconds: 10))
            #expect(counted?.max == 12, "\(String(describing: counted?.max))")
            await store.close()
        }
    }
}
