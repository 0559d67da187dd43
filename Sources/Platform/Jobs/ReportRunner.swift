internal import Federation
import Foundation
package import Storage
package import StrictJSON

/// `report`: counts over the tenant's stored sessions, as JSON. Parameters: `kind` (`usage` or `sessions`), and a period over the sessions'
/// creation, `from` (included) and `to` (excluded), both RFC 3339 and both optional. Counts what is stored, and estimates nothing; of
/// more than the newest thousand sessions the report says that there are more.
package struct ReportRunner: JobRunner {
    package let type = JobType.report
    private static let roundPage = 500
    private static let sessionsSeen = 1000
    private let sessions: any SessionStore

    package init(sessions: any SessionStore) { self.sessions = sessions }

    package func check(_ parameters: JSON) throws(JobFailure) { _ = try Question(parameters) }

    package func reading(_ parameters: JSON) -> ParameterReading { .fields(["kind", "from", "to"]) }

    private struct Question {
        enum Kind: String, CaseIterable { case usage, sessions }
        var kind: Kind
        var from: Instant?
        var to: Instant?

        init(_ parameters: JSON) throws(JobFailure) {
            guard let kind = parameters["kind"]?.text.flatMap(Kind.init(rawValue:)) else {
                throw .invalid(field: "parameters.kind", issue: "must be usage or sessions", provided: parameters["kind"]?.text.map { .string($0.clipped(80)) })
            }
            self.kind = kind
            from = try Self.instant("from", parameters)
            to = try Self.instant("to", parameters)
            if let from, let to, from >= to { throw .invalid(field: "parameters.to", issue: "must be after from", provided: parameters["to"]) }
        }

        private static func instant(_ name: String, _ parameters: JSON) throws(JobFailure) -> Instant? {
            guard let value = parameters[name], value != .null else { return nil }
            guard let text = value.text, text.utf8.count <= 40, let date = try? Date(text, strategy: .iso8601) else {
                throw .invalid(
                    field: "parameters.\(name)", issue: "must be an RFC 3339 time such as 2026-01-31T00:00:00Z",
                    provided: value.text.map { .string($0.clipped(80)) })
            }
            return Instant(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
        }

        func has(_ session: SessionRecord) -> Bool { (from.map { session.createdAt >= $0 } ?? true) && (to.map { session.createdAt < $0 } ?? true) }
    }

    /// What is counted of one session.
    private struct Counts {
        var committedRounds = 0
        var abortedAttempts = 0
        var updates = 0
        var rejectedUpdates = 0
        var bytesUp: Int64 = 0
        var bytesDown: Int64 = 0
        var roundSeconds = 0.0

        mutating func add(_ other: Counts) {
            committedRounds += other.committedRounds
            abortedAttempts += other.abortedAttempts
            updates += other.updates
            rejectedUpdates += other.rejectedUpdates
            bytesUp = bytesUp.addingReportingOverflow(other.bytesUp).partialValue
            bytesDown = bytesDown.addingReportingOverflow(other.bytesDown).partialValue
            roundSeconds += other.roundSeconds
        }

        var members: [JSON.Member] {
            [
                .init("committed_rounds", JSON(committedRounds)), .init("aborted_attempts", JSON(abortedAttempts)), .init("updates", JSON(updates)),
                .init("rejected_updates", JSON(rejectedUpdates)), .init("bytes_up", JSON(bytesUp)), .init("bytes_down", JSON(bytesDown)),
                .init("round_seconds", JSON(roundSeconds)),
            ]
        }
    }

    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
        let question = try Question(try JSON(parsing: job.parameters))
        let all = try await sessions.sessions(tenant: job.tenant)
        let asked = all.filter(question.has)
        if all.count >= Self.sessionsSeen { context.log(.warning, "There are more than \(Self.sessionsSeen) sessions; the report has the newest") }
        // A report is made of one look at the store; what a crash interrupts is read again, for it changes nothing.
        var (total, rows, byStatus): (Counts, [JSON], [String: Int]) = (Counts(), [], [:])
        for (index, session) in asked.enumerated() {
            let counts = try await count(session.id, job.tenant)
            total.add(counts)
            byStatus[session.status.rawValue, default: 0] += 1
            if question.kind == .sessions { rows.append(Self.row(session, counts)) }
            if index % 50 == 49 || index + 1 == asked.count { try await context.progress(completed: Int64(index + 1), total: Int64(asked.count)) }
        }
        let statuses = SessionStatus.allCases.map { JSON.Member($0.rawValue, JSON(byStatus[$0.rawValue] ?? 0)) }
        var content: [JSON.Member] = [
            .init("kind", .string(question.kind.rawValue)), .init("made_at", .string(Self.text(context.now))),
            .init("from", JSON(question.from.map(Self.text))),
            .init("to", JSON(question.to.map(Self.text))), .init("sessions", JSON(asked.count)), .init("is_complete", JSON.bool(all.count < Self.sessionsSeen)),
            .init("sessions_by_status", .object(statuses)), .init("totals", .object(total.members)),
        ]
        if question.kind == .sessions { content.append(.init("rows", .array(rows))) }
        return JobResult(content: JSON.object(content).encoded(), figures: .object([.init("sessions", JSON(asked.count))] + total.members))
    }

    private func count(_ session: String, _ tenant: String) async throws(StorageError) -> Counts {
        var (counts, after) = (Counts(), 0)
        while true {
            let page = try await sessions.rounds(session, tenant: tenant, after: after, limit: Self.roundPage)
            guard let last = page.last else { return counts }
            // The attempts of the last round may go on behind the page: they are counted with the next one, where there is one.
            let isWhole = page.count < Self.roundPage
            let counted = isWhole ? page[...] : page.prefix { $0.round < last.round }
            for round in counted.isEmpty ? page[...] : counted { counts.add(Self.counts(round)) }
            if isWhole { return counts }
            after = counted.last?.round ?? last.round
        }
    }

    private static func counts(_ round: RoundRecord) -> Counts {
        var counts = Counts()
        if round.state == .committed { counts.committedRounds = 1 } else { counts.abortedAttempts = 1 }
        guard let outcome = round.outcome else { return counts }
        counts.updates = outcome.contributors
        counts.rejectedUpdates = outcome.rejected
        (counts.bytesUp, counts.bytesDown) = (outcome.bytesUp, outcome.bytesDown)
        if round.state == .committed { counts.roundSeconds = outcome.seconds }
        return counts
    }

    private static func row(_ session: SessionRecord, _ counts: Counts) -> JSON {
        .object(
            [
                .init("session_id", .string(session.id)), .init("status", .string(session.status.rawValue)),
                .init("algorithm", .string(session.spec.algorithm.rawValue)),
                .init("created_at", .string(text(session.createdAt))), .init("started_at", JSON(session.startedAt.map(text))),
                .init("ended_at", JSON(session.endedAt.map(text))), .init("rounds", JSON(session.spec.rounds)),
            ] + counts.members)
    }

    private static func text(_ instant: Instant) -> String { Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000).formatted(.iso8601) }
}
