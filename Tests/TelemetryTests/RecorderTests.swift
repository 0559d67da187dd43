import Federation
import Logging
import Storage
import Synchronization
import Telemetry
import Testing

@Suite struct RecorderTests {
    private let metrics = Metrics(help: [:])
    private let store = FailingStore()
    private let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func recorder(_ rules: [AlertRule] = []) -> Recorder {
        Recorder(metrics: metrics, store: store, system: nil, rules: rules, log: log, startedAt: noon)
    }

    private func request(_ status: String, _ seconds: Double) {
        metrics.observe("tutti_http_request_seconds", [("operation", "o\(seconds)"), ("status", status)], seconds: seconds)
    }

    @Test func metricsBecomeSeries() async throws {
        let recorder = recorder()
        request("200", 0.5)
        request("204", 1.5)
        request("503", 2)
        metrics.add("tutti_bytes_total", [("direction", "up")], 100)
        metrics.add("tutti_bytes_total", [("direction", "sideways")], 1)
        metrics.set("tutti_connections", [], 7)
        metrics.observe(TelemetryMetric.tenantRequests, [("tenant", "one"), ("status", "404")], seconds: 4)
        await recorder.tick(at: noon)
        metrics.add("tutti_bytes_total", [("direction", "up")], 11)
        request("200", 0.25)
        await recorder.tick(at: noon + 10)
        let series = await recorder.series
        func total(_ metric: String, _ labels: [Metrics.Label] = [], tenant: String? = "") -> Point? {
            series.total(SeriesSelector(metric, labels, tenant: tenant), from: noon, to: noon + 20)
        }
        let fine = try #require(total(SeriesName.requests, [Metrics.Label("status", "2xx")]))
        #expect(fine.count == 3 && fine.sum == 2.25 && fine.min == 0.25 && fine.max == 1.5)
        #expect(total(SeriesName.requests)?.count == 4)
        #expect(total(SeriesName.modelBytes, [Metrics.Label("direction", "up")])?.sum == 111)
        #expect(total(SeriesName.modelBytes, [Metrics.Label("direction", "other")])?.sum == 1)
        #expect(total(SeriesName.connections)?.average == 7)
        #expect(total(SeriesName.tenantRequests, tenant: "one")?.max == 4)
        let steps = try series.steps(SeriesSelector(SeriesName.requests), from: noon, to: noon + 20, stepSeconds: 10)
        #expect(steps.map { $0.point?.count } == [3, 1])
    }

    /// Whoever calls what is not built makes nobody else unwell; one real failure among them is counted as what it is.
    @Test func whatIsNotBuiltIsNoFailure() async throws {
        let recorder = recorder(AlertRule.usual.filter { $0.id == "http.error_rate" })
        for tick in 0..<20 {
            for _ in 0..<30 { request("501", 0.01) }
            await recorder.tick(at: noon + tick * 10)
        }
        let (firing, pending, health) = (await recorder.firing, await recorder.pending, await recorder.health)
        #expect(firing == [] && pending == [] && health == .excellent)
        let share = await recorder.series.reading(try #require(AlertRule.usual.first).measure, at: noon + 190)
        #expect(share?.value == 0 && share?.count == 600)
        for tick in 20..<40 {
            for _ in 0..<30 { request("500", 0.01) }
            await recorder.tick(at: noon + tick * 10)
        }
        #expect(await recorder.firing.map(\.rule) == ["http.error_rate"])
        #expect(await recorder.health == .degraded)
    }

    /// What fires goes on firing over a restart: nobody is told of it again, it ends when it is over, and is then kept as such.
    @Test func alertsOutliveARestart() async throws {
        let rule = AlertRule(
            id: "r", severity: .high, title: "T", measure: .value(SeriesSelector(SeriesName.connections), .max, windowSeconds: 10), threshold: 10,
            clearSeconds: 20, text: "{value}", action: "A")
        let told = Mutex<[String]>([])
        func started() async throws -> Recorder {
            let recorder = recorder([rule])
            await recorder.subscribe { alert in told.withLock { $0.append("\(alert.state) \(alert.text)") } }
            try await recorder.restore()
            return recorder
        }
        metrics.set("tutti_connections", [], 11)
        let first = try await started()
        store.fails = true
        await first.tick(at: noon)
        let alert = try #require(await first.firing.first)
        #expect(try await store.alerts().isEmpty)
        store.fails = false
        await first.tick(at: noon + 10)

        let second = try await started()
        #expect(await second.firing == [alert])
        #expect(await second.health == .degraded)
        await second.tick(at: noon + 20)
        metrics.set("tutti_connections", [], 3)
        for tick in 3...6 { await second.tick(at: noon + tick * 10) }
        #expect(await second.firing.isEmpty)
        let over = await second.resolved
        #expect(over.map(\.id) == [alert.id])

        let third = try await started()
        #expect(await third.firing.isEmpty)
        #expect(await third.resolved == over)
        #expect(told.withLock { $0 } == ["firing 11", "resolved 11"])
    }

    @Test func rulesThatAreGoneAreForgotten() async throws {
        let record = AlertRecord(rule: "gone", subject: nil, since: noon, firedAt: noon, resolvedAt: nil, value: 1, text: "t")
        try await store.putSeries([], horizons: [:], events: [], alerts: [record])
        let recorder = recorder(AlertRule.usual)
        try await recorder.restore()
        #expect(await recorder.firing.isEmpty)
    }

    /// Killed without a word: what was there at the last tick is there again, at every tier.
    @Test func aCrashLosesTenSeconds() async throws {
        let first = recorder()
        for tick in 0..<400 {
            request("200", 1)
            await first.tick(at: noon + tick * 10)
        }
        request("200", 1)
        let again = recorder()
        try await again.restore()
        let (before, after) = (await first.series, await again.series)
        for seconds in [10, 60, 3600] {
            let selector = SeriesSelector(SeriesName.requests)
            let expected = try before.steps(selector, from: noon, to: noon + 4000, stepSeconds: seconds)
            #expect(try after.steps(selector, from: noon, to: noon + 4000, stepSeconds: seconds) == expected)
        }
        #expect(after.total(SeriesSelector(SeriesName.requests), from: noon, to: noon + 4000)?.count == 400)
    }

    @Test func aStoreThatIsFullForAWhileLosesNothing() async throws {
        let first = recorder()
        for tick in 0..<50 {
            request("200", 1)
            store.fails = (10..<40).contains(tick)
            await first.tick(at: noon + tick * 10)
        }
        let again = recorder()
        try await again.restore()
        #expect(await again.series.total(SeriesSelector(SeriesName.requests), from: noon, to: noon + 500)?.count == 50)
    }

    // MARK: Probes

    @Test func probesAreAskedAtEachTick() async {
        let recorder = recorder()
        await recorder.add(Probe("p") { [(SeriesKey("p"), 3), (SeriesKey("nan"), .nan)] })
        var now = noon
        let isThere = await eventually {
            await recorder.tick(at: now)
            now = now + 10
            return await recorder.series.total(SeriesSelector("p"), from: noon, to: now)?.average == 3
        }
        #expect(isThere)
        #expect(await recorder.series.keys == [SeriesKey("p")])
    }

    /// A path that hangs is unanswered at each tick, asked once, and available again when it answers.
    @Test func aPathThatHangsIsUnanswered() {
        var book = ProbeBook()
        book.add(.path(tenant: "one") { true })
        let key = SeriesKey(SeriesName.availability, tenant: "one")
        let first = book.tick()
        #expect(first.readings.isEmpty && first.ask.map(\.probe.name) == ["path/one"])
        for _ in 0..<3 {
            let hanging = book.tick()
            #expect(hanging.readings.map(\.value) == [0] && hanging.unanswered == 1 && hanging.ask.isEmpty)
        }
        // Its answer comes after it was counted.
        book.answered("path/one", first.ask[0].number, [(key, 1)])
        let second = book.tick()
        #expect(second.readings.isEmpty && second.unanswered == 0 && second.ask.count == 1)
        book.answered("path/one", second.ask[0].number, [(key, 1)])
        #expect(book.tick().readings.map(\.value) == [1])
        book.remove("path/one")
        book.answered("path/one", 9, [(key, 1)])
        #expect(book.tick().ask.isEmpty)
    }

    /// One moment: what fires, what is read, and nothing invented where nothing is known.
    @Test func aBoardHasEveryRuleWithItsNumber() async {
        let recorder = recorder(AlertRule.usual)
        let empty = await recorder.board(at: noon)
        #expect(empty.rules.map(\.rule.id) == AlertRule.usual.map(\.id) && empty.firing.isEmpty && empty.resolved.isEmpty && empty.grade == .excellent)
        // Nobody has failed to log in: that is known. Of the others nothing is.
        #expect(empty.rules.allSatisfy { $0.value == ($0.rule.measure == .failedLogins ? 0 : nil) })
        for _ in 0..<12 { await recorder.loginFailed(address: "192.0.2.7", at: noon) }
        await recorder.loginFailed(address: "192.0.2.8", at: noon)
        for second in [0, 10, 20] { await recorder.tick(at: noon + second) }
        let board = await recorder.board(at: noon + 20)
        #expect(board.rules.first { $0.rule.measure == .failedLogins }?.value == 12)
        #expect(board.firing.map(\.subject) == ["192.0.2.7"] && board.firing.map(\.value) == [12] && board.grade == .critical)
        #expect(await board.firing == recorder.firing)
    }

    @Test func uptimeIsTheShareOfAnswers() async {
        let recorder = recorder()
        let isUp = Mutex(true)
        await recorder.add(.path(tenant: "one") { isUp.withLock { $0 } })
        var now = noon
        func ticks(_ wanted: Double) async -> Bool {
            await eventually {
                await recorder.tick(at: now)
                now = now + 10
                let uptime = await recorder.uptime(tenant: "one", from: noon, to: now)
                return uptime.observedHours >= wanted
            }
        }
        #expect(await recorder.uptime(tenant: "one", from: noon, to: noon + 10) == Uptime(nil))
        #expect(await ticks(0.01))
        isUp.withLock { $0 = false }
        #expect(await ticks(0.02))
        let uptime = await recorder.uptime(tenant: "one", from: noon, to: now)
        #expect(uptime.percent.map { $0 > 0 && $0 < 100 } == true)
        #expect(await recorder.uptime(tenant: "two", from: noon, to: now).percent == nil)
    }

    // MARK: Alerts

    @Test func alertsAreToldWhenTheyFireAndWhenTheyAreOver() async {
        let recorder = recorder(AlertRule.usual)
        let told = Mutex<[String]>([])
        await recorder.subscribe { alert in told.withLock { $0.append("\(alert.rule) \(alert.state) \(alert.subject ?? "-")") } }
        for _ in 0..<10 { await recorder.loginFailed(address: "198.51.100.7", at: noon) }
        await recorder.loginFailed(address: "198.51.100.8", at: noon)
        await recorder.tick(at: noon)
        #expect(told.withLock { $0 } == ["auth.failed_logins firing 198.51.100.7"])
        #expect(await recorder.firing.first?.text.hasPrefix("10 logins from 198.51.100.7 failed") == true)
        #expect(await recorder.health == .critical)
        for tick in 1...70 { await recorder.tick(at: noon + tick * 10) }
        #expect(told.withLock { $0 } == ["auth.failed_logins firing 198.51.100.7", "auth.failed_logins resolved 198.51.100.7"])
        let (firing, resolved, health) = (await recorder.firing, await recorder.resolved, await recorder.health)
        #expect(firing.isEmpty && resolved.count == 1 && health == .excellent)
    }

    /// What webhooks are told goes with the numbers; while the store takes nothing it waits, and is told once.
    @Test func eventsWaitForTheStoreAndAreToldOnce() async {
        let recorder = recorder(AlertRule.usual)
        await recorder.tell { alert in
            [OutboxEvent(id: alert.id, tenant: "default", name: alert.rule, at: alert.firedAt ?? alert.since, body: [])]
        }
        for _ in 0..<10 { await recorder.loginFailed(address: "198.51.100.7", at: noon) }
        store.fails = true
        for tick in 0...2 { await recorder.tick(at: noon + tick * 10) }
        #expect(store.content.withLock { $0.events }.isEmpty)
        store.fails = false
        for tick in 3...5 { await recorder.tick(at: noon + tick * 10) }
        #expect(store.content.withLock { $0.events }.map(\.name) == [AlertRule.failedLogins])
        for tick in 6...70 { await recorder.tick(at: noon + tick * 10) }
        #expect(store.content.withLock { $0.events }.count == 1, "that it is over is no event")
    }

    @Test func aServiceThatDoesNotAnswerIsNamed() async {
        let recorder = recorder(AlertRule.usual)
        let (silence, end) = AsyncStream.makeStream(of: Void.self)
        await recorder.add(
            .service("silent") {
                for await _ in silence {}
                return false
            })
        for tick in 1...3 { await recorder.tick(at: noon + tick * 10) }
        #expect(await recorder.firing.isEmpty, "two questions say nothing yet")
        for tick in 4...5 { await recorder.tick(at: noon + tick * 10) }
        #expect(await recorder.firing.map(\.rule) == [AlertRule.serviceUnanswered])
        #expect(await recorder.firing.first?.subject == "silent")
        #expect(await recorder.firing.first?.text.hasPrefix("silent has not answered") == true)
        end.finish()
    }

    @Test func aRecorderLooksAtTheMachine() async {
        let recorder = Recorder(metrics: metrics, store: store, system: SystemProbe(folder: "/"), rules: [], log: log, startedAt: noon)
        await recorder.tick(at: noon)
        await recorder.tick(at: noon + 10)
        let series = await recorder.series
        for name in [SeriesName.memory, SeriesName.disk, SeriesName.resident, SeriesName.descriptors, SeriesName.load] {
            #expect(series.total(SeriesSelector(name), from: noon, to: noon + 20)?.count == 2, "\(name)")
        }
        #expect(await recorder.machine.residentBytes ?? 0 > 0)
    }
}
