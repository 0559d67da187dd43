package import Federation
package import Logging
package import Storage

/// Looks at everything each ten seconds: keeps it as time series, and judges it by the rules. What it keeps is durable with the tick,
/// so that a crash loses the last ten seconds at most.
package actor Recorder {
    private var samples: MetricSampler
    private var counters: SystemCounters?
    private var probes = ProbeBook()
    private var failed = FailedLogins()
    private var book: AlertBook
    private var listeners: [@Sendable (Alert) -> Void] = []
    private var outbox: @Sendable (Alert) -> [OutboxEvent] = { _ in [] }
    /// Events that no transaction has taken yet.
    private var untold: [OutboxEvent] = []
    /// An alert has begun or ended that no transaction has taken yet.
    private var hasNews = false
    /// Whether the store took what was measured last.
    package private(set) var keeps = true
    private let metrics: Metrics
    private let system: SystemProbe?
    private let store: any TelemetryStore
    private let log: Logger
    /// When this process began.
    package nonisolated let startedAt: Instant
    /// Everything there is, as a value: ask it as long as you like, it stops nobody.
    package private(set) var series = TimeSeries()
    /// The last look at the machine.
    package private(set) var machine = SystemReading()

    /// - Parameter system: nil: the machine is not looked at.
    package init(
        metrics: Metrics, store: any TelemetryStore, system: SystemProbe?, rules: [AlertRule] = AlertRule.usual, sources: [SeriesSource] = SeriesSource.usual,
        log: Logger, startedAt: Instant
    ) {
        self.metrics = metrics
        self.store = store
        self.system = system
        self.log = log
        self.startedAt = startedAt
        samples = MetricSampler(sources: sources)
        book = AlertBook(rules: rules)
    }

    /// Takes up what was kept; before the first tick.
    package func restore() async throws(StorageError) {
        var blocks: [SeriesBlock] = []
        for tier in SeriesTier.allCases { blocks += try await store.series(tier: tier.rawValue) }
        let refused = series.restore(blocks)
        if refused > 0 { log.warning("blocks of time series cannot be read", metadata: ["count": "\(refused)"]) }
        book.restore(try await store.alerts())
    }

    // MARK: Who is asked and who is told

    /// In the place of a probe with the same name.
    package func add(_ probe: Probe) { probes.add(probe) }
    package func remove(probe name: String) { probes.remove(name) }

    /// - Parameter listener: gets every alert that begins to fire or is over, on the recorder's own thread: it hands on and returns.
    package func subscribe(_ listener: @escaping @Sendable (Alert) -> Void) { listeners.append(listener) }

    /// - Parameter outbox: what webhooks are told of an alert that begins to fire. It is stored with the numbers of the tick that fired it:
    ///   both or neither.
    package func tell(_ outbox: @escaping @Sendable (Alert) -> [OutboxEvent]) { self.outbox = outbox }

    /// A login that was refused or throttled, or a key that is not good.
    package func loginFailed(address: String, at now: Instant) { failed.note(address, at: now) }

    // MARK: Every ten seconds

    package func tick(at now: Instant) async {
        record(at: now)
        for alert in book.evaluate(at: now, readings(at: now)) {
            tell(alert)
            hasNews = true
        }
        await keep(at: now, all: false)
    }

    /// Keeps everything, at the end.
    package func finish(at now: Instant) async {
        record(at: now)
        await keep(at: now, all: true)
    }

    private func record(at now: Instant) {
        var all = samples.samples(metrics)
        if let system {
            let counters = system.counters()
            machine = SystemReading(counters, since: self.counters)
            self.counters = counters
            all += machine.samples
        }
        let (readings, unanswered, ask) = probes.tick()
        all += readings.compactMap { reading in Point(reading.value).map { (reading.key, $0) } }
        if unanswered > 0 { metrics.add(TelemetryMetric.probesUnanswered, [], Double(unanswered)) }
        for (probe, number) in ask {
            Task { [weak self] in
                let readings = await probe.read()
                await self?.answered(probe.name, number, readings)
            }
        }
        if let most = failed.readings(at: now).first, let point = Point(most.value) { all.append((SeriesKey(SeriesName.failedLogins), point)) }
        series.record(all, at: now)
    }

    private func answered(_ name: String, _ number: Int64, _ readings: [(key: SeriesKey, value: Double)]) { probes.answered(name, number, readings) }

    private func readings(at now: Instant) -> (AlertRule) -> [AlertReading]? {
        let logins = Array(failed.readings(at: now).prefix(Limits.readings))
        let (series, services) = (series, probes.services)
        return { rule in
            switch rule.measure {
            case .failedLogins: logins
            case .services(let window): services.compactMap { series.answers(of: $0, windowSeconds: window, at: now) }
            case .value, .share, .shareOfSums: series.reading(rule.measure, at: now).map { [$0] }
            }
        }
    }

    private func tell(_ alert: Alert) {
        let metadata: Logger.Metadata = ["alert": "\(alert.id)", "severity": "\(alert.severity)", "text": "\(alert.text)"]
        if alert.state == .firing { log.warning("alert", metadata: metadata) } else { log.notice("alert is over", metadata: metadata) }
        for listener in listeners { listener(alert) }
        guard alert.state == .firing else { return }
        // While the store takes nothing, the newest are the ones that matter.
        untold = (untold + outbox(alert)).suffix(Limits.untoldEvents)
    }

    private func keep(at now: Instant, all: Bool) async {
        let changes = series.takeChanges(at: now, all: all)
        let (events, isNews) = (untold, hasNews)
        (untold, hasNews) = ([], false)
        do {
            try await store.putSeries(changes.blocks, horizons: changes.horizons, events: events, alerts: isNews ? book.records : nil)
            keeps = true
        } catch {
            series.putBack(changes)
            untold = events + untold
            hasNews = hasNews || isNews
            if keeps { log.warning("time series are not kept for now", metadata: ["reason": "\(error)"]) }
            keeps = false
        }
    }

    // MARK: What it knows

    package var firing: [Alert] { book.firing }
    package var pending: [Alert] { book.pending }
    /// The newest last.
    package var resolved: [Alert] { book.resolved }
    package var health: HealthGrade { HealthGrade(worst: book.worst) }
    /// Of what it takes to serve. Failed logins are left out: whoever guesses passwords must not be able to have a coordinator taken
    /// out of service.
    package var serving: HealthGrade {
        let attempts = Set(book.rules.filter { $0.measure == .failedLogins }.map(\.id))
        return HealthGrade(worst: book.firing.filter { !attempts.contains($0.rule) }.map(\.severity).max())
    }

    /// Everything of the rules at one moment.
    package func board(at now: Instant) -> AlertBoard {
        let readings = readings(at: now)
        return AlertBoard(
            grade: health, firing: book.firing, pending: book.pending, resolved: book.resolved,
            rules: book.rules.map { rule in
                let read = readings(rule)
                // Of several subjects the one that comes nearest to it; nobody who failed to log in is a count of none.
                let values = (read ?? []).map(\.value).filter { !$0.isNaN }
                let worst = rule.side == .above ? values.max() : values.min()
                return AlertBoard.Line(rule: rule, value: worst ?? (read == nil || rule.measure != .failedLogins ? nil : 0))
            })
    }

    /// Of a tenant's path: probes that were answered, among all.
    package func uptime(tenant: String, from: Instant, to: Instant) -> Uptime {
        Uptime(series.total(SeriesSelector(SeriesName.availability, tenant: tenant), from: from, to: to))
    }
}

package struct Uptime: Sendable, Equatable {
    /// nil: nobody has asked.
    package var percent: Double?
    /// Ten seconds for each probe. While the coordinator does not run, nobody asks.
    package var observedHours: Double

    package init(_ probes: Point?) {
        percent = probes.map { 100 * $0.average }
        observedHours = probes.map { Double($0.count) * 10 / 3600 } ?? 0
    }
}
