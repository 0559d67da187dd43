import Federation
import Storage
import Testing

/// What every store does with what was measured and logged.
@Suite struct TelemetryContractTests {
    private func block(_ series: String, _ number: Int64, tier: Int = 0, tenant: String = "", _ points: [UInt8] = [1]) -> SeriesBlock {
        SeriesBlock(tenant: tenant, series: series, tier: tier, number: number, points: points)
    }

    @Test(arguments: StoreKind.allCases)
    func blocksAreReplacedAndGivenUp(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.putSeries([block("b", 2), block("a", 2), block("a", 1), block("a", 1, tier: 1), block("a", 1, tenant: "one")], horizons: [:])
            try await store.putSeries([block("a", 1, [2, 3])], horizons: [1: 0])
            #expect(try await store.series(tier: 0) == [block("a", 1, [2, 3]), block("a", 1, tenant: "one"), block("a", 2), block("b", 2)])
            try await store.putSeries([], horizons: [0: 2])
            #expect(try await store.series(tier: 0) == [block("a", 2), block("b", 2)])
            #expect(try await store.series(tier: 1) == [block("a", 1, tier: 1)])
            #expect(try await store.series(tier: 2).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func alertsAreReplacedAsAWhole(_ kind: StoreKind) async throws {
        func record(_ rule: String, over: Instant? = nil) -> AlertRecord {
            AlertRecord(
                rule: rule, subject: over == nil ? nil : "1.2.3.4", since: Instant(milliseconds: 1), firedAt: Instant(milliseconds: 2), resolvedAt: over,
                value: 0.1,
                text: "é \"")
        }
        try await withEach(kind) { store in
            #expect(try await store.alerts().isEmpty)
            let both = [record("b", over: Instant(milliseconds: 3)), record("a")]
            try await store.putSeries([], horizons: [:], events: [], alerts: both)
            try await store.putSeries([block("a", 1)], horizons: [:])
            #expect(try await store.alerts() == both)
            try await store.putSeries([], horizons: [:], events: [], alerts: [])
            #expect(try await store.alerts().isEmpty)
        }
    }

    private func entry(_ message: String, _ level: LogLevel = .notice, service: String = "s", tenant: String? = nil, at: Int64 = 5) -> LogRecord {
        LogRecord(at: Instant(milliseconds: at), level: level, service: service, message: message, tenant: tenant, traceID: "t-\(message)", subject: "job")
    }

    private func messages(_ store: any WholeStore, _ change: (inout LogQuery) -> Void) async throws -> [String] {
        var query = LogQuery()
        change(&query)
        return try await store.logs(query).entries.map(\.record.message)
    }

    @Test(arguments: StoreKind.allCases)
    func logsAreFoundByWhatTheyAre(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let ring = LogRing(entriesMax: 100, bytesMax: 10_000)
            try await store.appendLogs([entry("a"), entry("b", .error, service: "llm", tenant: "one"), entry("c", .warning, at: 9)], ring: ring)
            try await store.appendLogs([entry("d", .critical, tenant: "two")], ring: ring)
            #expect(try await messages(store) { _ in } == ["d", "c", "b", "a"])
            #expect(try await messages(store) { $0.services = ["llm", "nlp"] } == ["b"])
            #expect(try await messages(store) { $0.services = [] } == [])
            #expect(try await messages(store) { $0.levels = .warning ... .error } == ["c", "b"])
            #expect(try await messages(store) { $0.tenant = "one" } == ["b"])
            #expect(try await messages(store) { $0.tenant = "" } == ["c", "a"])
            #expect(try await messages(store) { $0.traceID = "t-c" } == ["c"])
            #expect(try await messages(store) { $0.subject = "job" }.count == 4)
            #expect(try await messages(store) { $0.subject = "other" } == [])
            #expect(try await messages(store) { $0.from = Instant(milliseconds: 6) } == ["c"])
            #expect(try await messages(store) { $0.to = Instant(milliseconds: 9) } == ["d", "b", "a"])
            #expect(try await messages(store) { $0.after = 1 } == ["b", "c", "d"])
        }
    }

    /// Page by page, everything once, also when entries come in between.
    @Test(arguments: StoreKind.allCases)
    func pagesFollowEachOther(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let ring = LogRing(entriesMax: 1000, bytesMax: 1 << 20)
            for number in 1...25 { try await store.appendLogs([entry("\(number)")], ring: ring) }
            var (found, query) = ([String](), LogQuery(limit: 10))
            while true {
                let page = try await store.logs(query)
                found += page.entries.map(\.record.message)
                guard let cursor = page.cursor else { break }
                query.before = cursor
                try await store.appendLogs([entry("later")], ring: ring)
            }
            #expect(found == (1...25).reversed().map { "\($0)" })
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theRingKeepsTheNewest(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let size = entry("00").bytes
            for number in 10..<40 { try await store.appendLogs([entry("\(number)")], ring: LogRing(entriesMax: 7, bytesMax: 1 << 20)) }
            #expect(try await messages(store) { _ in } == (33..<40).reversed().map { "\($0)" })
            try await store.appendLogs([entry("40")], ring: LogRing(entriesMax: 7, bytesMax: 3 * size))
            #expect(try await messages(store) { _ in } == ["40", "39", "38"])
            // One that is larger than the ring is kept alone.
            try await store.appendLogs([entry("41")], ring: LogRing(entriesMax: 0, bytesMax: 0))
            let page = try await store.logs(LogQuery())
            #expect(page.entries.map(\.record.message) == ["41"] && page.entries.first?.number == 32)
        }
    }
}
