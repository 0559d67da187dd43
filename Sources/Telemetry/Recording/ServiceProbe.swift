package import Federation

/// How a service answered when it was asked last.
package struct ServiceReading: Sendable, Equatable {
    /// nil: nobody has asked for a minute.
    package var isAnswering: Bool?
    /// From the question to the answer; nil where there was none.
    package var seconds: Double?
}

extension Probe {
    static let servicePrefix = "service/"

    /// Whether a service answers, and how fast.
    package static func service(_ name: String, _ ask: @escaping @Sendable () async -> Bool) -> Probe {
        let (answers, seconds) = (SeriesKey.answers(name), SeriesKey.answerSeconds(name))
        var probe = Probe(servicePrefix + name) {
            let started = ContinuousClock.now
            guard await ask() else { return [(answers, 0)] }
            return [(answers, 1), (seconds, started.duration(to: .now) / .seconds(1))]
        }
        probe.unanswered = [(answers, 0)]
        return probe
    }
}

extension Recorder {
    package func service(_ name: String, at now: Instant) -> ServiceReading {
        func last(_ key: SeriesKey) -> (at: Instant, value: Double)? {
            let (from, to) = (now.adding(seconds: -60), now.adding(seconds: 0.001))
            let steps = try? series.steps(SeriesSelector(key.metric, key.labels), from: from, to: to, stepSeconds: 10)
            guard let step = steps?.last(where: { $0.point != nil }), let point = step.point else { return nil }
            return (step.at, point.min)
        }
        let answers = last(.answers(name))
        let seconds = last(.answerSeconds(name))
        guard let answers else { return ServiceReading() }
        let isAnswering = answers.value > 0
        return ServiceReading(isAnswering: isAnswering, seconds: isAnswering && seconds?.at == answers.at ? seconds?.value : nil)
    }
}

extension TimeSeries {
    /// 1 when a service has answered at least once in the window, else 0; nil: nobody has asked.
    func answers(of service: String, windowSeconds: Double, at now: Instant) -> AlertReading? {
        let key = SeriesKey.answers(service)
        let point = total(SeriesSelector(key.metric, key.labels), from: now.adding(seconds: -windowSeconds), to: now.adding(seconds: 0.001))
        return point.map { AlertReading(subject: service, value: $0.max, count: $0.count) }
    }
}

extension SeriesKey {
    fileprivate static func answers(_ service: String) -> SeriesKey { SeriesKey(SeriesName.serviceAnswers, [Metrics.Label("service", service)]) }
    fileprivate static func answerSeconds(_ service: String) -> SeriesKey { SeriesKey(SeriesName.serviceSeconds, [Metrics.Label("service", service)]) }
}
