import CryptoSuite
import DifferentialPrivacy
import Federation
import Foundation
import Storage
import Testing
import Trust

/// The power goes at any moment: what was acknowledged is there, and nothing is there by half.
@Suite(.serialized) struct PowerCutTests {
    /// What a store is asked to do, and how it is seen that it was done.
    private struct Step: Sendable {
        var run: @Sendable (SQLiteStore) async throws -> Void
        var isDone: @Sendable (SQLiteStore) async throws -> Bool
    }

    private static func update(_ client: String, _ count: Int) -> Step {
        let body = [UInt8](repeating: UInt8(count % 251), count: count)
        return Step {
            _ = try await $0.storeContribution(contribution(client, round: 2), body: body, session: "s", tenant: "default")
        } isDone: {
            guard try await $0.contribution(key(client, round: 2)) != nil else { return false }
            return try $0.contributionBody(key(client, round: 2)) == body
        }
    }

    private static let model: [UInt8] = [UInt8](repeating: 9, count: 3000)

    /// Two changes in one transaction, the second of which names a file.
    private static let commit = Step {
        let model = try await $0.put(model)
        var record = session("s")
        (record.status, record.warmStart) = (.training, model)
        var committed = round(1, .committed)
        committed.outcome = RoundOutcome(selected: 1, contributors: 1, seconds: 1, endedAt: now)
        committed.outcome?.model = model
        try await $0.apply([.session(record), .round(committed)], session: "s", tenant: "default")
    } isDone: {
        guard let snapshot = try await $0.snapshot("s", tenant: "default") else { return false }
        let isCommitted = snapshot.rounds.first?.outcome != nil
        #expect(isCommitted == (snapshot.session.status == .training), "half a transaction")
        guard isCommitted else { return false }
        return try await $0.get(snapshot.session.warmStart ?? "") == model
    }

    private static let steps: [Step] = [
        Step {
            try await $0.create(session("s"))
        } isDone: {
            try await $0.session("s", tenant: "default") != nil
        },
        update("small", 10), update("large", 5000), commit,
        Step {
            try await $0.addEnrolmentTokens([EnrolmentTokenRecord(hash: [1], tenant: "default", node: "a", expiresAt: Instant(milliseconds: 9000))])
        } isDone: {
            try await $0.enrolmentToken(hash: [1]) != nil
        },
        Step {
            let node = NodeRecord(tenant: "default", name: "a", certificateFingerprint: [1], enrolledAt: now, certificateExpiresAt: now)
            _ = try await $0.enrol(tokenHash: [1], node: node, now: now)
        } isDone: {
            let isUsed = try await $0.enrolmentToken(hash: [1])?.usedAt != nil
            let isNode = try await $0.node(tenant: "default", name: "a") != nil
            #expect(isUsed == isNode, "half an enrolment")
            return isNode
        },
        Step {
            _ = try await $0.pay(try charge(), tenant: "default")
        } isDone: {
            try await $0.ledger(tenant: "default").count == 1
        },
        update("larger", 70_000),
        Step {
            let audit = AuditRecord(at: now, action: .jobCreated, actor: "a", subject: "j")
            _ = try await $0.submit(job("j"), audit: audit, openMax: 9, remembered: now)
            let epoch = try await $0.beginJobEpoch()
            _ = try await $0.changeJob("j", epoch: epoch) { JobChange(record: changed($0) { $0.progress.completed = 3 }, checkpoint: [3]) }
        } isDone: {
            let done = try await $0.job("j", tenant: "default")?.progress.completed
            #expect(try await $0.jobCheckpoint("j") == (done == 3 ? [3] : nil), "half a checkpoint")
            return done == 3
        },
        Step {
            _ = try await keepArtifact($0, "a", [UInt8](repeating: 4, count: 2000))
        } isDone: {
            try await $0.artifactContent("a", tenant: "default") == [UInt8](repeating: 4, count: 2000)
        },
        Step {
            try await $0.begin(history: "h")
        } isDone: {
            try await $0.history() == "h"
        },
    ]

    private static func charge() throws -> PrivacyCharge {
        PrivacyCharge(
            id: "s/1", members: [LedgerEntry(client: "a", dataset: "x")],
            release: try PrivateRelease(.gaussian(noiseMultiplier: 9), PrivacyModel(.zeroOut, .full)), budget: try PrivacyBudget(epsilon: 9, delta: 1e-5))
    }

    /// Everything that is done from an empty folder to a store that is closed again.
    private static func run(_ fault: CutWorld.Fault?, isClosed: Bool = true) async throws -> [CutWorld.Event] {
        var events: [CutWorld.Event] = []
        try await withFolder { folder in
            let world = CutWorld(folder: folder, fault: fault)
            let store = try SQLiteStore(folder: folder, suite: .system, disk: world.disk, inlineBytes: 1000)
            world.acknowledge(0)
            for (number, step) in steps.enumerated() {
                try await step.run(store)
                world.acknowledge(number + 1)
            }
            await store.close()
            events = world.events
        }
        return events
    }

    /// What is wrong after a cut; nil: nothing.
    private static func problem(_ image: CutImage, _ chance: Chance?) async throws -> String? {
        var problem: String?
        try await withFolder { place in
            var chance = chance
            try image.make(in: place + "/after", &chance)
            let store: SQLiteStore
            do { store = try SQLiteStore(folder: place + "/after", suite: .system, inlineBytes: 1000) } catch {
                problem = "it does not open: \(error)"
                return
            }
            for (number, step) in steps.prefix(image.acknowledged).enumerated() where problem == nil {
                do { if try await !step.isDone(store) { problem = "step \(number + 1) of \(image.acknowledged) is lost" } } catch {
                    problem = "step \(number + 1) of \(image.acknowledged): \(error)"
                }
            }
            // The one that was under way is there as a whole or not at all.
            if problem == nil, image.acknowledged < steps.count {
                do { _ = try await steps[image.acknowledged].isDone(store) } catch { problem = "half of step \(image.acknowledged + 1): \(error)" }
            }
            if problem == nil { problem = try await store.verify(folder: place + "/after", suite: .system).damages.first }
            await store.close()
        }
        return problem
    }

    @Test func whateverMomentThePowerGoes() async throws {
        let events = try await Self.run(nil)
        #expect(events.contains { if case .acknowledged(Self.steps.count) = $0 { true } else { false } })
        for cut in Self.moments(events) {
            let image = CutImage(events[..<cut])
            for chance in [nil, Chance(seed: cut)] {
                if let problem = try await Self.problem(image, chance) {
                    Issue.record("a cut after event \(cut) of \(events.count), \(chance == nil ? "nothing unsynced left" : "some of it left"): \(problem)")
                    return
                }
            }
        }
    }

    /// A harness that never failed would show nothing: with any one kind of sync gone it does.
    @Test(arguments: CutWorld.Fault.allCases)
    func aSyncThatIsMissingIsNoticed(_ fault: CutWorld.Fault) async throws {
        let events = try await Self.run(fault)
        for cut in Self.moments(events) {
            let image = CutImage(events[..<cut])
            for chance in [nil, Chance(seed: cut)] where try await Self.problem(image, chance) != nil { return }
        }
        Issue.record("nobody missed the sync of the \(fault)")
    }

    /// After every event that changes what is on the disk or what is known of it; of those in front of the first
    /// acknowledgement every fourth.
    private static func moments(_ events: [CutWorld.Event]) -> [Int] {
        let made = events.firstIndex { if case .acknowledged = $0 { true } else { false } } ?? 0
        let all = events.indices.filter { index in
            switch events[index] {
            case .write, .truncate, .synced, .syncedNames, .acknowledged: true
            case .created, .names, .index: false
            }
        }
        return all.enumerated().filter { $0.element >= made || $0.offset % 4 == 0 }.map { $0.element + 1 }
    }
}
