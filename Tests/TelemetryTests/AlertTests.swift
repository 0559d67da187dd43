import Federation
import Telemetry
import Testing

@Suite struct AlertTests {
    private func rule(_ side: AlertRule.Side = .above, hold: Double = 30, clear: Double = 60, countMin: Int64 = 1) -> AlertRule {
        AlertRule(
            id: "r", severity: .high, title: "T", measure: .value(SeriesSelector("g"), .average, windowSeconds: 60), side: side, threshold: 10,
            clearsAt: side == .above ? 8 : 12, holdSeconds: hold, clearSeconds: clear, countMin: countMin,
            text: "{value} of {count}, limit {threshold}, {subject}", action: "A")
    }

    /// The values of one tick after the other; what is said of each change.
    private func run(_ rule: AlertRule, _ values: [Double?]) -> [String] {
        var book = AlertBook(rules: [rule])
        return values.enumerated().flatMap { tick, value in
            book.evaluate(at: noon + tick * 10) { _ in value.map { [AlertReading(value: $0, count: 5)] } }.map { "\(tick) \($0.state) \($0.text)" }
        }
    }

    @Test func firesWhenItHasHeldAndResolvesWhenItIsBack() {
        let values: [Double?] = [9, 11, 11, 11.256, 12, 9, 9, 7, 7, 7, 7, 7, 7, 7, 7, 7]
        #expect(run(rule(), values) == ["4 firing 12 of 5, limit 10, all", "13 resolved 12 of 5, limit 10, all"])
    }

    @Test func aPeakShorterThanTheHoldSaysNothing() { #expect(run(rule(), [11, 11, 11, 9, 11, 11, 11, 10, 11]).isEmpty) }

    /// Between the thresholds nothing changes, however long.
    @Test func tremblingAtTheThresholdMakesOneAlert() {
        let trembling = (0..<200).map { $0 % 2 == 0 ? 10.5 : 8.5 } as [Double?]
        #expect(run(rule(hold: 0), trembling) == ["0 firing 10.5 of 5, limit 10, all"])
    }

    @Test func backForAMomentIsNotBack() {
        let values: [Double?] = [11] + [7, 7, 7, 9, 7, 7, 7, 7, 7, 7] + [7]
        #expect(run(rule(hold: 0), values).map { $0.split(separator: " ")[0] } == ["0", "11"])
    }

    @Test func tooLittleIsAnAlertToo() {
        #expect(run(rule(.below, hold: 0, clear: 0), [10, 9.5, 11, 12]) == ["1 firing 9.5 of 5, limit 10, all", "3 resolved 9.5 of 5, limit 10, all"])
    }

    @Test func whatIsNotKnownKeepsWhatFiresAndForgetsWhatIsPending() {
        #expect(run(rule(), [11, 11, nil, 11, 11, nil, 11]).isEmpty)
        #expect(run(rule(hold: 0, clear: 0), [11, nil, nil, 7]).count == 2)
        #expect(run(rule(hold: 0), [.nan]).isEmpty)
    }

    @Test func fewValuesSayNothingBad() {
        #expect(run(rule(hold: 0, countMin: 6), [100]).isEmpty)
        #expect(run(rule(hold: 0, countMin: 5), [100]).count == 1)
    }

    @Test func aClockThatIsSetBackFiresNothingEarly() {
        var book = AlertBook(rules: [rule()])
        var changes: [Alert] = []
        for seconds in [0, 10, -86_400, -86_390, -86_380, 20] {
            changes += book.evaluate(at: noon + seconds) { _ in [AlertReading(value: 11, count: 1)] }
        }
        #expect(changes.isEmpty && book.pending.count == 1)
        changes += book.evaluate(at: noon + 30) { _ in [AlertReading(value: 11, count: 1)] }
        #expect(changes.count == 1)
    }

    @Test func subjectsAreApartAndBounded() {
        var book = AlertBook(rules: [rule(hold: 0, clear: 0)])
        let many = (0..<3000).map { AlertReading(subject: "s\($0)", value: 11, count: 1) }
        #expect(book.evaluate(at: noon) { _ in many }.count == Limits.alertStates)
        #expect(book.firing.count == Limits.alertStates && book.worst == .high)
        // Whoever is not named any more is back.
        let back = book.evaluate(at: noon + 10) { _ in [many[1]] }
        #expect(back.count == Limits.alertStates - 1 && back.allSatisfy { $0.state == .resolved } && book.firing.map(\.subject) == ["s1"])
        #expect(book.resolved.count == Limits.resolvedAlerts)
    }

    @Test func theWorstComesFirst() {
        var rules = [rule(hold: 0), rule(hold: 0), rule(hold: 0)]
        for (index, severity) in [AlertSeverity.warning, .critical, .info].enumerated() {
            rules[index].id = "\(index)"
            rules[index].severity = severity
        }
        var book = AlertBook(rules: rules)
        _ = book.evaluate(at: noon) { _ in [AlertReading(value: 11, count: 1)] }
        #expect(book.firing.map(\.severity) == [.critical, .warning, .info])
        #expect(HealthGrade(worst: book.worst) == .critical && HealthGrade(worst: nil) == .excellent && HealthGrade(worst: .warning) == .good)
    }

    @Test func usualRulesReadWhatIsRecorded() throws {
        var series = TimeSeries()
        func requests(_ status: String, _ count: Int, _ seconds: Double) -> (key: SeriesKey, point: Point) {
            var histogram = Histogram()
            histogram.observe(seconds, times: Int64(count))
            return (SeriesKey(SeriesName.requests, [Metrics.Label("status", status)]), Point(histogram)!)
        }
        series.record([requests("2xx", 90, 0.01), requests("5xx", 10, 3)], at: noon)
        series.record([(SeriesKey(SeriesName.disk), Point(98)!), (SeriesKey(SeriesName.certificateDays), Point(3)!)], at: noon)
        let jobs = [("failed", 4.0), ("completed", 4)].map { (SeriesKey(SeriesName.jobs, [Metrics.Label("outcome", $0.0)]), Point($0.1)!) }
        series.record(jobs, at: noon)
        series.record([(SeriesKey(SeriesName.auditIntact), Point(0)!)], at: noon)
        var book = AlertBook(rules: AlertRule.usual)
        var texts: [String: String] = [:]
        for tick in 0..<20 {
            for alert in book.evaluate(at: noon + tick * 10, { series.reading($0.measure, at: noon + 1).map { [$0] } }) { texts[alert.rule] = alert.text }
        }
        #expect(
            Set(texts.keys) == [
                "http.error_rate", "http.latency_p99", "system.disk_full", "system.disk_filling", "certificate.ending", "jobs.failing", "audit.broken",
            ])
        #expect(texts["http.error_rate"]?.hasPrefix("10 % of 100 requests") == true)
        #expect(texts["jobs.failing"]?.hasPrefix("50 % of 8 jobs") == true && texts["certificate.ending"]?.contains("in 3 days") == true)
        #expect(Set(AlertRule.usual.map(\.id)).count == AlertRule.usual.count)
    }

    /// Of the rule, the subject and the instant, and of nothing else: who sees the same says the same, and a second firing of a day is another.
    @Test func anAlertIsNamedByWhatItIs() {
        let rule = AlertRule(id: "r", severity: .critical, title: "t", measure: .failedLogins, threshold: 9, clearSeconds: 10, text: "{value}", action: "a")
        func fired(_ values: [(Int, Double)], _ subject: String?) -> [String] {
            var book = AlertBook(rules: [rule])
            return values.flatMap { second, value in
                book.evaluate(at: noon + second) { _ in [AlertReading(subject: subject, value: value, count: 1)] }
            }.filter { $0.state == .firing }.map(\.id)
        }
        let once = fired([(0, 1), (10, 10)], "a")
        #expect(once.count == 1 && once == fired([(10, 99), (20, 50)], "a"), "numbers do not name it")
        #expect(fired([(10, 10)], "b") != once && fired([(10, 10)], nil) != once && fired([(20, 10)], "a") != once)
        let twice = fired([(10, 10), (20, 0), (30, 0), (40, 0), (50, 10)], "a")
        #expect(twice.count == 2 && twice.first == once.first && Set(twice).count == 2, "the second full disk of a day is told, too")
    }

    // MARK: Failed logins

    @Test func failuresOfOneAddressAddUpOverFiveMinutes() {
        var failed = FailedLogins()
        for second in 0..<20 { failed.note("198.51.100.7", at: noon + second * 10) }
        failed.note("203.0.113.9", at: noon)
        #expect(failed.readings(at: noon + 190).map(\.value) == [20, 1] && failed.readings(at: noon + 190).first?.subject == "198.51.100.7")
        #expect(failed.readings(at: noon + 300).map(\.value) == [19])
        #expect(failed.readings(at: noon + 600).isEmpty)
    }

    /// Ten thousand addresses that try once do not hide the one that tries often.
    @Test func aCrowdDoesNotHideAnAttacker() {
        var failed = FailedLogins(addressesMax: 50)
        for number in 0..<1000 {
            failed.note("192.0.2.\(number)", at: noon)
            if number % 100 == 0 { failed.note("attacker", at: noon) }
        }
        let readings = failed.readings(at: noon)
        #expect(readings.first?.subject == "attacker" && readings.first?.count == 10 && readings.count == 50)
    }

    // MARK: Trends

    @Test func trends() {
        #expect(Trend([1, 2, 3, 4]) == .insufficient && Trend([.nan, 1, 2, 3, 4]) == .insufficient)
        #expect(Trend([1, 2, 3, 4, 5, 6]) == .increasing && Trend([6, 5, 4, 3, 2, 1]) == .decreasing)
        #expect(Trend([1, 9, 1, 9, 1, 9, 1, 9]) == .stable && Trend([3, 3, 3, 3, 3]) == .stable)
        #expect(Trend((0..<10_000).map(Double.init)) == .increasing)
        // As pymannkendall 1.4.3 (`original_test`) has them.
        for (values, z) in Self.known { #expect(abs(Trend.statistic(values) - z) < 1e-12, "\(values)") }
    }

    private static let known: [(values: [Double], z: Double)] = [
        ([10, 22, 21, 30, 22, 30, 40, 40], 2.533201985524494), ([5, 3, 4, 1, 2, 2, 0, 1, 1, 0, -3], -3.0896642381661006),
        ([1, 9, 1, 9, 1, 9, 1, 9], 0.43301270189221935),
    ]
}
