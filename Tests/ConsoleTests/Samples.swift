import APIKit
import Console

/// Sessions as the pages may meet them.
enum Samples {
    static let start: Int64 = 1_763_798_400_000
    static let id = "fl-session-07676d8ce45af17bc1437a6660fc5bcc"
    /// What a client would call itself if nobody stopped it.
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "a&b;&lt;", "\u{202E}gnp.exe", "nul\u{0}\r\nbell\u{7}",
        "</title><svg/onload=alert(1)>", "javascript:alert(1)", "{{7*7}}", "𝕬\u{FFFE}é",
    ]

    static func row(_ round: Int, isHeldOut: Bool = true, epsilon: Double? = nil) -> RoundRow {
        var row = RoundRow(round: round, attempt: 1, ending: .committed, selected: 30, contributors: round % 7 == 0 ? 29 : 30)
        let learned = 1 - 1 / (1 + 0.55 * Double(round))
        // A ripple, so that neighbours differ.
        let ripple = Double((round * 7919) % 13 - 6) / 1500
        (row.accuracy, row.loss, row.isHeldOut) = (0.18 + 0.8 * learned + ripple, 2.3 * (1 - learned) + 0.06 + ripple * 2, isHeldOut)
        (row.dropped, row.late) = (30 - row.contributors, round % 11 == 0 ? 1 : 0)
        (row.bytesUp, row.bytesDown) = (686_412 + Int64(round * 97 % 3001), 156_020 + Int64(round * 61 % 911))
        (row.aggregateMilliseconds, row.seconds) = (18.4 + Double(round % 5) * 1.3, 0.31 + Double(round % 6) * 0.02)
        row.groupSizes = [5, 5, 5, 5, 5, round % 7 == 0 ? 4 : 5]
        row.epsilon = epsilon
        return row
    }

    static func members(_ count: Int, round: Int?) -> [MemberRow] {
        (1...count).map { number in
            let name = "hospital-\(number < 10 ? "0" : "")\(number)"
            var member = MemberRow(
                name: name, presence: number == 17 ? .away : number % 9 == 0 ? .heard : .connected, rows: Int64(20 + number * 37 % 90),
                joinedAt: start + Int64(number) * 400, hasCertificate: true)
            member.lastSeen = start + 60_000
            if round != nil { member.part = number == 17 ? .notAsked : number % 4 == 0 ? .training : .sent }
            return member
        }
    }

    /// Secure groups, noise by the coordinator, round `rounds` of 30 done.
    static func session(rounds: Int, stage: SessionStage = .training, of total: Int = 30) -> SessionModel {
        var standing = SessionStanding(
            id: id, progress: stage, createdAt: start, algorithm: "federated_averaging", rule: "trimmed_mean", round: rounds, rounds: total,
            activeClients: 29, clients: 30)
        standing.epsilonBudget = 8
        var model = SessionModel(standing: standing)
        model.rows = rounds > 0 ? (1...rounds).map { row($0, epsilon: 0.9 + 0.19 * Double($0)) } : []
        if rounds > 4 {
            var aborted = RoundRow(round: 5, attempt: 1, ending: .aborted("fewer than 27 updates by the deadline"), selected: 30, contributors: 21)
            (aborted.dropped, aborted.seconds, aborted.bytesUp, aborted.bytesDown) = (9, 60.01, 480_110, 156_020)
            model.rows.insert(aborted, at: 4)
            model.rows[5].attempt = 2
        }
        let last = model.rows.last
        (model.standing.accuracy, model.standing.loss, model.standing.epsilon) = (last?.accuracy, last?.loss, last?.epsilon)
        model.members = members(30, round: stage == .training ? rounds + 1 : nil)
        model.protection.isRobust = true
        model.protection.masking = .honestButCurious(.init(floor: 4, sizes: last?.groupSizes ?? []))
        model.protection.noise = .coordinator(.init(budget: 8, delta: 1e-5, spent: last?.epsilon, adjacency: "replace_one"))
        if stage == .waiting { model.waits = [Wait(what: "clients", have: 12, asked: 15, fix: "let 3 more clients join")] }
        return model
    }

    /// Every text that comes from somebody else, as somebody would send it who wants to see it run.
    static var hostileSession: SessionModel {
        var model = session(rounds: 3)
        model.standing.reason = hostile.joined(separator: " ")
        model.standing.algorithm = hostile[0]
        model.standing.rule = hostile[1]
        model.waits = hostile.map { Wait(what: $0, have: 0, asked: 1, fix: $0) }
        model.members = hostile.map {
            var member = MemberRow(name: $0, presence: .away, rows: 1, joinedAt: .max, hasCertificate: false)
            (member.excluded, member.lastSeen) = ($0, .min)
            return member
        }
        for (number, text) in hostile.enumerated() {
            model.rows.append(
                RoundRow(round: 4 + number, attempt: 1, ending: number % 2 == 0 ? .aborted(text) : .unchanged(text), selected: 1, contributors: 0))
        }
        model.protection.masking = .maliciousServer(.init(floor: 3, sizes: [3, 3, 4], weakness: hostile[0]))
        return model
    }

    static var overview: OverviewModel {
        var sessions: [SessionStanding] = []
        let stages: [SessionStage] = [.training, .waiting, .completed, .failed, .budgetExhausted, .stopped, .initializing]
        for (number, stage) in stages.enumerated() {
            let hex = "0123456789abcdef".map(String.init)
            let name = (0..<32).map { hex[($0 * 7 + number * 5 + $0 * $0) % 16] }.joined()
            let round = [12, 0, 30, 4, 11, 8, 0][number]
            var one = SessionStanding(
                id: number == 0 ? id : "fl-session-\(name)", progress: stage, createdAt: start - Int64(number) * 5_400_000,
                algorithm: ["federated_averaging", "fedadam", "scaffold"][number % 3], rule: ["trimmed_mean", "mean", "mean"][number % 3], round: round,
                rounds: 30, activeClients: stage == .training ? 29 : 12, clients: [30, 12, 30, 10, 24, 30, 0][number])
            if round > 0 { (one.accuracy, one.loss) = (row(round).accuracy, row(round).loss) }
            if number == 0 || number == 4 { (one.epsilon, one.epsilonBudget) = (number == 4 ? 1.97 : 3.18, number == 4 ? 2 : 8) }
            sessions.append(one)
        }
        return OverviewModel(sessions: sessions, page: 1, hasOlder: true)
    }

    static var nodes: [NodeRow] {
        (1...6).map { number in
            NodeRow(
                name: "hospital-0\(number)", enrolledAt: start, certificateEndsAt: start + (number == 4 ? -1000 : 30 * 86_400_000),
                revokedAt: number == 3 ? start + 86_400_000 : nil)
        }
    }
}

/// A service that has the samples.
struct SampleSource: SessionsSource, NodesSource, JobsSource, AlertsSource {
    /// Of the session.
    var model: @Sendable () -> SessionModel = { Samples.session(rounds: 12) }
    var stopped: @Sendable (String) -> Void = { _ in }
    var cancelled: @Sendable (_ id: String, _ keyID: String) -> Void = { _, _ in }

    func overview(tenant: String, page: Int) async throws(ServiceError) -> OverviewModel {
        page == 1 ? Samples.overview : OverviewModel(sessions: [], page: page, hasOlder: false)
    }
    func session(_ id: String, tenant: String, after: Int?) async throws(ServiceError) -> SessionModel {
        let model = model()
        guard id == model.standing.id else { throw .notFound("session \(id)") }
        return model
    }
    func stop(_ id: String, tenant: String, by keyID: String) async throws(ServiceError) { stopped(id) }
    func nodes(tenant: String) async throws(ServiceError) -> [NodeRow] { Samples.nodes }

    func jobs(tenant: String, only: JobStage?, page: Int) async throws(ServiceError) -> JobsModel { Samples.jobs }
    func job(_ id: String, tenant: String) async throws(ServiceError) -> JobModel {
        guard id == Samples.job else { throw .notFound("job \(id)") }
        return Samples.runningJob
    }
    func cancel(_ id: String, tenant: String, by keyID: String) async throws(ServiceError) {
        guard id == Samples.job else { throw .notFound("job \(id)") }
        cancelled(id, keyID)
    }
    func result(_ id: String, tenant: String) async throws(ServiceError) -> ConsoleFile {
        ConsoleFile(name: "\"\r\n../é\(id).json", mediaType: "text/html", content: Array("<script>alert(1)</script>".utf8))
    }
    func alerts(now: Int64) async throws(ServiceError) -> AlertsModel { Samples.alerts }
}
