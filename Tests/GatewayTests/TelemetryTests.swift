import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import Logging
import NIOHTTP1
import Storage
import StrictJSON
import Telemetry
import Testing
import Trust

@Suite struct TelemetryTests {
    /// A log that nobody looks at.
    private struct Unseen: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice
        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {}
    }

    /// What a coordinator has measured and logged is in its folder when it has ended, and goes on when it begins again.
    @Test func whatWasMeasuredAndLoggedIsKept() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            for round in 1...2 {
                let log = NodeLog("coordinator", level: "notice", visible: { _ in Unseen() })
                try await LiveCoordinator.serving(folder, kept: log) { live in
                    _ = try await live.call(.GET, "/readyz")
                    let text = try await live.metrics()
                    #expect(text.contains(#"aisemble_requests_total{service="readyz",status="success"} 1"#))
                    #expect(text.contains(#"aisemble_request_duration_seconds_bucket{service="readyz",le="+Inf"} 1"#))
                }
                let store = try SQLiteStore(folder: folder.path, suite: .system)
                let page = try await store.logs(LogQuery())
                #expect(page.entries.count { $0.record.message == "serving" } == round)
                #expect(page.entries.first?.record.message == "stopped" && page.entries.first?.record.service == "coordinator")
                var series = TimeSeries()
                #expect(series.restore(try await store.series(tier: SeriesTier.hour.rawValue)) == 0)
                let (from, to) = (Instant(milliseconds: 0), Instant(milliseconds: 1 << 48))
                // /metrics counts itself when it has been answered.
                #expect(series.total(SeriesSelector(SeriesName.requests), from: from, to: to)?.count ?? 0 >= Int64(2 * round))
                #expect(series.total(SeriesSelector(SeriesName.memory), from: from, to: to)?.count ?? 0 >= Int64(round))
                await store.close()
            }
        }
    }

    /// Health is asked without credentials; the machine and the database with them, and whose calls they were is measured.
    @Test func healthOfALiveCoordinator() async throws {
        try await LiveCoordinator.with { live in
            let health = try await live.call(.GET, "/api/v2/health")
            #expect(health.status == 200 && health.json["services"]?["llm_service"]?["status"] == "healthy")
            #expect(health.json["services"]?["nlp_service"]?["status"] == "healthy")
            #expect(try await live.call(.GET, "/api/v2/health/comprehensive").status == 401)
            let database = try await live.admin(.GET, "/api/v2/health/comprehensive").json["database"]
            #expect(database?["status"] == "connected")
            let pool = database?["connection_pool"]
            #expect(pool?["max"] == 1 && (pool?["active"]?.whole ?? 0) + (pool?["idle"]?.whole ?? 0) == 1)
            let text = try await live.metrics()
            #expect(text.contains(#"tutti_tenant_request_seconds_count{tenant="default",status="200"}"#))
            #expect(!text.contains(#"tenant="default",status="401""#))
        }
    }
}
