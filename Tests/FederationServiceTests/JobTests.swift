import Federation
import FederationService
import Foundation
import Logging
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Jobs on a real store and a real engine.
@Suite struct JobTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func training(_ service: Service, clients: Int = 1) -> EngineTraining {
        EngineTraining(engine: service.engine) { parameters throws(JobFailure) in
            guard let rounds = parameters["rounds"]?.whole else { throw .invalid(field: "parameters.rounds", issue: "is missing", provided: nil) }
            return (smallSpec(clients: clients, rounds: Int(clamping: rounds)), [])
        }
    }

    private func queue(_ service: Service, _ runners: [any JobRunner]) -> JobQueue {
        JobQueue(
            store: service.store, artifacts: Artifacts(store: service.store, suite: .system, log: Self.quiet), runners: runners,
            clock: .system { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, random: .system, log: Self.quiet)
    }

    private func wait(for what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<6000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("waited in vain for \(what)")
    }

    @Test func aKeyMakesOneSession() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let training = training(service)
            let session = training.session(key: "job_1/session")
            #expect(session == training.session(key: "job_1/session") && session != training.session(key: "job_2/session"))
            #expect(session.utf8.count == "fl-session-".utf8.count + 32)
            for _ in 0..<2 { try await training.start(session, ["rounds": 3], tenant: tenant) }
            #expect(try await service.engine.sessions(tenant: tenant).map(\.record.id) == [session])
            let status = try await training.status(session, tenant: tenant)
            #expect(status.phase == .waiting && status.committedRounds == 0 && status.rounds == 3)
            await #expect(throws: JobFailure.notFound("session \(session)")) { _ = try await training.status(session, tenant: "two") }
            try await training.stop(session, tenant: tenant, reason: "enough")
            let ended = try await training.status(session, tenant: tenant)
            #expect(ended.phase == .ended("enough"), "\(ended.phase)")
            await service.stop()
        }
    }

    @Test func aCancelledJobStopsItsSession() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let queue = queue(service, [TrainingRunner(training: training(service, clients: 5), lookSeconds: 0.01)])
            try await queue.open()
            let running = Task { await queue.run() }
            let job = try await queue.submit(
                JobRequest(name: "train", type: .federatedTraining, parameters: ["rounds": 1]), tenant: tenant, actor: "me"
            ).job.record
            try await wait(for: "the session") { try await service.engine.sessions(tenant: tenant).count == 1 }
            let session = try await service.engine.sessions(tenant: tenant)[0].record.id
            try await wait(for: "the log") { try await queue.job(job.id, tenant: tenant).record.log.contains { $0.message.contains(session) } }
            _ = try await queue.cancel(job.id, tenant: tenant, actor: "me")
            try await wait(for: "the end") { try await queue.job(job.id, tenant: tenant).record.state == .cancelled }
            #expect(try await service.engine.status(session, tenant: tenant).record.status == .stopped)
            await queue.drain()
            await running.value
            await service.stop()
        }
    }

    @Test func aReportCountsWhatIsStored() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            for rounds in [2, 5] {
                let session = try await service.engine.createSession(smallSpec(clients: 1, rounds: rounds), tenant: tenant).view.record.id
                for number in 1...3 {
                    var record = RoundRecord(
                        round: number, attempt: 1, state: number == 3 ? .aborted : .committed, cohort: ["a"], baseModel: "m",
                        configuredAt: Instant(milliseconds: 0),
                        deadline: Instant(milliseconds: 1))
                    record.outcome = RoundOutcome(selected: 1, contributors: 4, seconds: 1.5, endedAt: Instant(milliseconds: 9))
                    record.outcome?.bytesUp = 100
                    try await service.store.apply([.round(record)], session: session, tenant: tenant)
                }
            }
            _ = try await service.engine.createSession(smallSpec(clients: 1, rounds: 9), tenant: "two")
            let queue = queue(service, [ReportRunner(sessions: service.store)])
            try await queue.open()
            let running = Task { await queue.run() }
            func report(_ parameters: JSON) async throws -> JSON {
                let id = try await queue.submit(JobRequest(name: "report", type: .report, parameters: parameters), tenant: tenant, actor: "me").job.record.id
                try await wait(for: "the report") { try await queue.job(id, tenant: tenant).record.state.isFinal }
                let (record, content) = try await queue.result(id, tenant: tenant)
                #expect(record.mediaType == "application/json")
                return try JSON(parsing: content)
            }
            let usage = try await report(["kind": "usage"])
            #expect(usage["sessions"]?.whole == 2 && usage["rows"] == nil && usage["totals"]?["committed_rounds"]?.whole == 4)
            #expect(usage["totals"]?["aborted_attempts"]?.whole == 2 && usage["totals"]?["updates"]?.whole == 24 && usage["totals"]?["bytes_up"]?.whole == 600)
            #expect(usage["totals"]?["round_seconds"]?.double == 6 && usage["is_complete"]?.truth == true)
            let sessions = try await report(["kind": "sessions", "to": "2001-01-01T00:00:00Z"])
            #expect(sessions["sessions"]?.whole == 0 && sessions["rows"]?.elements?.isEmpty == true)
            #expect(try await report(["kind": "sessions"])["rows"]?.elements?.count == 2)
            for parameters: JSON in [
                [:], ["kind": "all"], ["kind": "usage", "from": "yesterday"], ["kind": "usage", "from": "2001-01-02T00:00:00Z", "to": "2001-01-01T00:00:00Z"],
            ] {
                await #expect(throws: JobFailure.self) { _ = try await report(parameters) }
            }
            await queue.drain()
            await running.value
            await service.stop()
        }
    }
}
