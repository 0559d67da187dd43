import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Testing

/// Trainings that a test moves on.
private final class Trainings: FederatedTraining, @unchecked Sendable {
    private let lock = NSLock()
    private var sessions: [String: TrainingStatus] = [:]
    private(set) var started: [String] = []
    private(set) var stopped: [String] = []

    func check(_ parameters: JSON) throws(JobFailure) {
        if parameters["rounds"]?.whole == nil { throw .invalid(field: "parameters.rounds", issue: "is missing", provided: nil) }
    }
    func notices(_ parameters: JSON) -> [JSON] { parameters["colour"] == nil ? [] : [["code": "UNKNOWN_FIELD", "field": "colour", "message": "m"]] }
    func session(key: String) -> String { "fl-session-\(key)" }
    func start(_ session: String, _ parameters: JSON, tenant: String) async throws(JobFailure) {
        let rounds = Int(parameters["rounds"]?.whole ?? 0)
        lock.withLock {
            started.append(session)
            if sessions[session] == nil { sessions[session] = Self.status(.waiting, 0, rounds) }
        }
    }
    func status(_ session: String, tenant: String) async throws(JobFailure) -> TrainingStatus {
        guard let status = lock.withLock({ sessions[session] }) else { throw .notFound("session \(session)") }
        return status
    }
    func stop(_ session: String, tenant: String, reason: String) async throws(JobFailure) {
        lock.withLock { stopped.append(session) }
    }
    func set(_ session: String, _ phase: TrainingStatus.Phase, _ committed: Int, _ rounds: Int) {
        lock.withLock { sessions[session] = Self.status(phase, committed, rounds) }
    }
    private static func status(_ phase: TrainingStatus.Phase, _ committed: Int, _ rounds: Int) -> TrainingStatus {
        TrainingStatus(
            phase: phase, committedRounds: committed, rounds: rounds, model: committed > 0 ? "m\(committed)" : nil, modelRound: committed,
            figures: ["loss": 0.5])
    }
}

@Suite struct TrainingRunnerTests {
    @Test func aTrainingIsFollowedToItsModel() async throws {
        let trainings = Trainings()
        try await Shop.with([TrainingRunner(training: trainings)]) { shop in
            await #expect(throws: JobFailure.self) { _ = try await shop.submit(ask(.federatedTraining)) }
            let id = try await shop.submit(ask(.federatedTraining, ["rounds": 3]))
            try await shop.wait(for: "the session") { trainings.started == ["fl-session-\(id)/session"] }
            let session = "fl-session-\(id)/session"
            trainings.set(session, .training, 2, 3)
            try await shop.wait(for: "progress") { try await shop.record(id).progress == JobProgress(completed: 2, total: 3) }
            trainings.set(session, .completed, 3, 3)
            try await shop.waitFor(id, .completed)
            let job = try await shop.record(id)
            #expect(job.result?.model == "m3" && job.figures == "{\"loss\":0.5}" && job.progress.completed == 3)
            let content = try JSON(parsing: try await shop.queue.result(id, tenant: "one").content)
            #expect(try await shop.queue.job(id, tenant: "one").session == session)
            #expect(content["session_id"]?.text == session && content["model_sha256"]?.text == "m3")
        }
    }

    @Test func aCancelledTrainingIsStoppedAndAnEndedOneFails() async throws {
        let trainings = Trainings()
        trainings.set("mine", .waiting, 0, 5)
        try await Shop.with([TrainingRunner(training: trainings)]) { shop in
            let made = try await shop.submit(ask(.federatedTraining, ["rounds": 3]))
            let followed = try await shop.submit(ask(.federatedTraining, ["session_id": "mine"]))
            let missing = try await shop.submit(ask(.federatedTraining, ["session_id": "nowhere"]))
            try await shop.waitFor(missing, .failed)
            try await shop.waitFor(made, .running)
            try await shop.waitFor(followed, .running)
            for id in [made, followed] { _ = try await shop.queue.cancel(id, tenant: "one", actor: "me") }
            for (id, session) in [(made, "fl-session-\(made)/session"), (followed, "mine"), (missing, nil)] {
                #expect(try await shop.queue.job(id, tenant: "one").session == session)
            }
            try await shop.waitFor(made, .cancelled)
            try await shop.waitFor(followed, .cancelled)
            #expect(trainings.stopped == ["fl-session-\(made)/session"], "another's session goes on")
            trainings.set("other", .ended("too few clients"), 1, 5)
            let ended = try await shop.submit(ask(.federatedTraining, ["session_id": "other"]))
            try await shop.waitFor(ended, .failed)
            #expect(try await shop.record(ended).error?.message.contains("too few clients") == true)
        }
    }
}
