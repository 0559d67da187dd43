/// Somebody who knows a number and is asked every ten seconds. An answer counts when it is there at the next tick.
package struct Probe: Sendable {
    package var name: String
    /// Each a gauge. At most `Limits.readings` are taken.
    package var read: @Sendable () async -> [(key: SeriesKey, value: Double)]

    package init(_ name: String, _ read: @escaping @Sendable () async -> [(key: SeriesKey, value: Double)]) {
        self.name = name
        self.read = read
    }

    /// Whether a tenant's path is answered: an answer that is not there at the next tick is none.
    package static func path(tenant: String, _ ask: @escaping @Sendable () async -> Bool) -> Probe {
        let key = SeriesKey(SeriesName.availability, tenant: tenant)
        var probe = Probe("path/\(tenant)") { [(key, await ask() ? 1 : 0)] }
        probe.unanswered = [(key, 0)]
        return probe
    }

    /// What is recorded while there is no answer.
    var unanswered: [(key: SeriesKey, value: Double)] = []
}

/// Questions under way. Pure but for the tasks, which the recorder starts.
package struct ProbeBook: Sendable {
    struct Asked: Sendable {
        var probe: Probe
        /// Of the question that is out; answers to older ones are too late.
        var number: Int64 = 0
        var isOut = false
        var answer: [(key: SeriesKey, value: Double)]?
    }
    private(set) var asked: [String: Asked] = [:]

    /// Names of the services that are asked.
    package var services: [String] { asked.keys.filter { $0.hasPrefix(Probe.servicePrefix) }.map { String($0.dropFirst(Probe.servicePrefix.count)) }.sorted() }

    package init() {}

    package mutating func add(_ probe: Probe) { asked[probe.name] = Asked(probe: probe) }
    package mutating func remove(_ name: String) { asked[name] = nil }

    /// What was answered since the last tick, how many were not, and which are to be asked now. One that has not answered is not
    /// asked again before it has.
    package mutating func tick() -> (readings: [(key: SeriesKey, value: Double)], unanswered: Int, ask: [(probe: Probe, number: Int64)]) {
        var (readings, unanswered): ([(key: SeriesKey, value: Double)], Int) = ([], 0)
        var ask: [(Probe, Int64)] = []
        for name in asked.keys.sorted() {
            guard var one = asked[name] else { continue }
            if let answer = one.answer { readings += answer.prefix(Limits.readings) }
            one.answer = nil
            if one.isOut {
                unanswered += 1
                readings += one.probe.unanswered
                // An answer from now on is one to a question that has been counted.
                one.number += 1
            } else {
                one.isOut = true
                one.number += 1
                ask.append((one.probe, one.number))
            }
            asked[name] = one
        }
        return (readings, unanswered, ask)
    }

    package mutating func answered(_ name: String, _ number: Int64, _ readings: [(key: SeriesKey, value: Double)]) {
        guard var one = asked[name], one.isOut else { return }
        one.isOut = false
        if one.number == number { one.answer = readings }
        asked[name] = one
    }
}
