import ArgumentParser
import CommandKit
import Foundation
import NIOHTTP1
import StrictJSON

extension Session {
    struct Watch: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "A line for every round until the session ends. Goes on over a restart of the coordinator.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        @Option(help: "Give up after so many seconds.")
        var timeout: Double?
        @Option(help: "How many seconds the coordinator may be away, once it has answered.")
        var patience = 120.0
        var json: Bool { options.json }

        func validate() throws {
            guard timeout ?? 1 > 0, timeout ?? 1 <= 1e9 else { throw ValidationError("--timeout must be above 0.") }
            guard patience >= 0, patience <= 1e9 else { throw ValidationError("--patience must be at least 0.") }
        }

        func perform() async throws(CommandFailure) -> JSON {
            var watch = Watching(path: "\(sessionsPath)/\(try checked(session, "session's id"))", timeout: timeout, patience: patience)
            return try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                while true {
                    if let result = try await watch.step(administrator) { return result }
                }
            }
        }
    }
}

/// What a watch has seen so far.
private struct Watching {
    private static let pollMilliseconds = 100
    private static let retryMilliseconds = 250

    let path: String
    let timeout: Double?
    let patience: Double
    private let line = StatusLine()
    private let started = ContinuousClock.now
    private var last = (round: 0, attempt: 0)
    private var rounds: [JSON] = []
    private var seconds = 0.0
    private var waitingFor = ""
    private var awaySince: ContinuousClock.Instant?
    private var hasAnswered = false

    init(path: String, timeout: Double?, patience: Double) {
        self.path = path
        self.timeout = timeout
        self.patience = patience
    }

    /// One look, and a short wait; the result once the session has ended.
    mutating func step(_ administrator: Administrator) async throws(CommandFailure) -> JSON? {
        let status: JSON
        do throws(CommandFailure) {
            status = try await administrator.call(.GET, path)
            let news = try await administrator.call(.GET, "\(path)/rounds?after=\(max(0, last.round - 1))&limit=1000")
            answered()
            tell(news, total: Int(clamping: status["total_rounds"]?.whole ?? 0))
        } catch {
            try await away(error)
            return nil
        }
        let word = status["status"]?.text ?? ""
        if ["completed", "stopped", "failed", "budget_exhausted"].contains(word), last.round >= Int(clamping: status["current_round"]?.whole ?? 0) {
            line.clear()
            return try result(status, word)
        }
        tellWaiting(status, word)
        try checkTimeout("The session is still \(word)")
        try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        return nil
    }

    private mutating func answered() {
        if !hasAnswered { say(RoundTable.header) }
        if awaySince != nil { line.say("the coordinator is back") }
        hasAnswered = true
        awaySince = nil
    }

    /// A coordinator that was there before is waited for; one that never answered is a mistake to be told at once.
    private mutating func away(_ failure: CommandFailure) async throws(CommandFailure) {
        guard failure.status == .connection, hasAnswered else {
            line.clear()
            throw failure
        }
        if awaySince == nil { line.say("the coordinator does not answer; waiting for it") }
        let since = awaySince ?? .now
        awaySince = since
        guard since.duration(to: .now) < .seconds(patience) else {
            line.clear()
            throw failure
        }
        try checkTimeout("The coordinator does not answer")
        try? await Task.sleep(for: .milliseconds(Self.retryMilliseconds))
    }

    private func checkTimeout(_ what: String) throws(CommandFailure) {
        guard let timeout, started.duration(to: .now) > .seconds(timeout) else { return }
        line.clear()
        throw CommandFailure(
            .timeout, "\(what) after \(RoundTable.fixed(timeout, 1)) s.", remedy: "Watch it again, or look at 'session show'.",
            details: ["rounds": .array(rounds)])
    }

    private mutating func tell(_ news: JSON, total: Int) {
        for round in news["rounds"]?.elements ?? [] {
            let key = (round: Int(clamping: round["round"]?.whole ?? 0), attempt: Int(clamping: round["attempt"]?.whole ?? 0))
            guard key > last else { continue }
            last = key
            rounds.append(round)
            seconds += round["seconds"]?.double ?? 0
            line.say(RoundTable.line(round, etaSeconds: seconds / Double(rounds.count) * Double(max(0, total - last.round))))
        }
    }

    private mutating func tellWaiting(_ status: JSON, _ word: String) {
        let waiting = (status["blocked_by"]?.elements ?? []).map { blocker in
            // More clients than were asked for are waited for: why.
            let isRaised = blocker["what"]?.text == "clients" && blocker["asked"]?.whole ?? 0 > status["min_clients"]?.whole ?? .max
            let why = isRaised ? blocker["fix"]?.text.map { " (\($0))" } ?? "" : ""
            return "\(blocker["what"]?.text ?? ""): \(blocker["have"]?.whole ?? 0) of \(blocker["asked"]?.whole ?? 0)\(why)"
        }.joined(separator: ", ")
        if !waiting.isEmpty, waiting != waitingFor { line.say("waiting for \(waiting)") }
        waitingFor = waiting
        let elapsed = started.duration(to: .now).components.seconds
        line.show("\(word)  round \(last.round + 1)/\(status["total_rounds"]?.whole ?? 0)  \(elapsed) s")
    }

    private func result(_ status: JSON, _ word: String) throws(CommandFailure) -> JSON {
        let reason = status["status_reason"]?.text ?? ""
        let seen: JSON = ["status": status, "rounds": .array(rounds)]
        switch word {
        case "failed":
            throw CommandFailure(
                .ofFailedSession(reason: reason), "The session failed: \(reason).",
                remedy: "Look at the late, dropped and rejected columns; a longer round_deadline or a smaller quorum may help.", details: seen)
        case "budget_exhausted":
            throw CommandFailure(
                .budgetExhausted, "The privacy budget is spent.", remedy: "The last model stands: 'tutti-coordinator model export'.", details: seen)
        default:
            say("session \(word)\(reason.isEmpty ? "" : ": \(reason)")")
            return seen
        }
    }
}
