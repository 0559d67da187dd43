internal import Learning
internal import Wire

// Evaluating the last model at the clients, and the end.
extension CoordinatorMachine {
    private static let evaluationSeconds = 60.0

    func evaluationRequest(_ deadline: Instant) -> EvaluationRequest? {
        evaluated.map {
            EvaluationRequest(
                sessionID: session.id, round: $0.round, modelSHA256: digestBytes($0.digest), modelPath: paths.model($0.round),
                deadlineMs: deadline.milliseconds)
        }
    }

    mutating func beginEvaluation(_ now: Instant) -> [CoordinatorEffect] {
        // Figures on a client's own rows tell of them, and are not paid for.
        guard session.spec.privacy == nil else { return complete(now) }
        let clients = connectedMembers
        let deadline = now.adding(seconds: min(Self.evaluationSeconds, session.spec.roundDeadlineSeconds))
        guard !clients.isEmpty, let request = evaluationRequest(deadline) else { return complete(now) }
        phase = .evaluating(deadline: deadline, reports: [:], expected: [])
        return clients.map { .send(.evaluate(request), to: $0) }
    }

    mutating func evaluationReported(
        _ client: String, _ round: Int, _ loss: Double, _ accuracy: Double?, _ rows: Int64, _ now: Instant
    ) -> [CoordinatorEffect] {
        seen(client, now)
        guard case .evaluating(let deadline, var reports, let expected) = phase, members[client] != nil, round == evaluated?.round,
            (0...ValidUpdate.maximumLoss).contains(loss), accuracy.map({ (0...1).contains($0) }) ?? true, rows >= 0
        else { return [] }
        // Nothing else holds the reports while one is added: thousands of them are not copied for each.
        phase = .ended
        reports[client] = EvaluationReport(
            sessionID: session.id, round: round, loss: loss, accuracy: accuracy, rows: Int(clamping: min(rows, 1_000_000_000_000)))
        phase = .evaluating(deadline: deadline, reports: reports, expected: expected)
        return finishEvaluation(deadline, reports, expected, now)
    }

    mutating func finishEvaluation(
        _ deadline: Instant, _ reports: [String: EvaluationReport], _ expected: [String], _ now: Instant
    ) -> [CoordinatorEffect] {
        let isComplete =
            !reports.isEmpty && expected.allSatisfy { reports[$0] != nil }
            && presence.allSatisfy { !$0.value.isConnected || reports[$0.key] != nil }
        guard now >= deadline || isComplete else { return [] }
        var (rows, clients, loss, accuracy) = (Int64(0), 0, WeightedMean(), WeightedMean())
        for name in reports.keys.sorted() {
            guard let report = reports[name], report.rows > 0 else { continue }
            rows += Int64(report.rows)
            clients += 1
            loss.add(report.loss, rows: Int64(report.rows))
            accuracy.add(report.accuracy, rows: Int64(report.rows))
        }
        guard let loss = loss.value else { return complete(now) }
        let record = EvaluationRecord(
            round: evaluated?.round ?? 0, loss: loss, accuracy: hasAccuracy ? accuracy.value : nil, rows: rows,
            clients: clients)
        evaluation = record
        return [.persist(.evaluation(record))] + complete(now)
    }

    private mutating func complete(_ now: Instant) -> [CoordinatorEffect] {
        let why = isEnough ?? ""
        return end(.completed, why.isEmpty ? nil : why, now)
    }
}

/// A mean over rows of what clients say. What is not said, or is no finite number, does not count.
struct WeightedMean {
    private var sum = 0.0
    private var rows = 0.0

    mutating func add(_ figure: Double?, rows count: Int64) {
        guard let figure, figure.isFinite else { return }
        sum += figure * Double(count)
        rows += Double(count)
    }

    /// nil when nothing counted.
    var value: Double? { rows > 0 ? sum / rows : nil }
}
