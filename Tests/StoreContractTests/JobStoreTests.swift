import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// Jobs and artifacts in every store.
@Suite struct JobStoreTests {
    private let entry = AuditRecord(at: now, action: .jobCreated, actor: "a", subject: "b")

    private func submit(_ store: any WholeStore, _ job: JobRecord, openMax: Int = 100, remembered: Instant = now) async throws -> JobSubmission {
        try await store.submit(job, audit: entry, openMax: openMax, remembered: remembered)
    }

    @Test(arguments: StoreKind.allCases)
    func onlyThePresentProcessChangesJobs(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            #expect(try await submit(store, job("j")) == .added)
            let old = try await store.beginJobEpoch()
            let new = try await store.beginJobEpoch()
            #expect(new > old)
            let change: @Sendable (JobRecord) -> JobChange? = { JobChange(record: changed($0) { $0.attempts += 1 }) }
            #expect(try await store.changeJob("j", epoch: old, change) == .superseded)
            #expect(try await store.job("j", tenant: "default")?.attempts == 0)
            #expect(try await store.changeJob("j", epoch: new, change).record?.attempts == 1)
            #expect(try await store.changeJob("k", epoch: new, change) == .missing)
            #expect(try await store.changeJob("j", epoch: new) { _ in nil } == .unchanged(changed(job("j")) { $0.attempts = 1 }))
            // Many at once: each sees what the one before it left.
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try? await store.changeJob("j", epoch: new, change) } }
            }
            #expect(try await store.job("j", tenant: "default")?.attempts == 51)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aJobIsThereWithItsAuditAndItsCheckpointOrNotAtAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            #expect(try await submit(store, job("j")) == .added)
            await #expect(throws: StorageError.self) { _ = try await submit(store, job("j", tenant: "two")) }
            let epoch = try await store.beginJobEpoch()
            _ = try await store.changeJob("j", epoch: epoch) { JobChange(record: $0, checkpoint: [1]) }
            _ = try await store.changeJob("j", epoch: epoch) { JobChange(record: changed($0) { $0.progress.completed = 1 }) }
            #expect(try await store.jobCheckpoint("j") == [1])
            let audit = entry
            _ = try await store.changeJob("j", epoch: epoch) { job in
                JobChange(
                    record: changed(job) {
                        $0.state = .completed
                        $0.finishedAt = now
                    }, checkpoint: [2], audit: audit)
            }
            #expect(try await store.jobCheckpoint("j") == nil)
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).count == 2)
            #expect(try await store.job("j", tenant: "two") == nil)
            #expect(try await store.openJobs(after: "", limit: 9).isEmpty)
            #expect(try await store.completedJobs(.report, limit: 9).map(\.id) == ["j"])
            #expect(try await store.forgetJobs(finishedBefore: now, limit: 9) == 0)
            #expect(try await store.forgetJobs(finishedBefore: now.adding(seconds: 1), limit: 9) == 1)
            #expect(try await store.job("j", tenant: "default") == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aSubmissionKeyIsRememberedAndATenantHasItsShare(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let key = JobSubmissionKey(key: "k", digest: [1])
            let first = try await submit(store, job("a", key: key))
            #expect(first == .added)
            #expect(try await submit(store, job("b", key: key)) == .again(job("a", key: key)))
            #expect(try await submit(store, job("c", key: JobSubmissionKey(key: "k", digest: [2]))) == .conflict(existing: "a"))
            #expect(try await submit(store, job("d", tenant: "two", key: key)) == .added)
            let later = now.adding(seconds: 1)
            #expect(try await submit(store, job("e", at: later, key: key), remembered: later) == .added)
            #expect(try await submit(store, job("f"), openMax: 2) == .tooMany(open: 2))
            #expect(
                try await store.jobs(tenant: "default", state: nil, offset: 0, limit: 9)
                    == JobPage(jobs: [job("e", at: later, key: key), job("a", key: key)], total: 2))
            #expect(try await store.jobCounts(tenant: nil, finishedSince: nil) == [.queued: 3])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func artifactsAreATenantsOwnAndTheirContentIsKeptOnce(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            guard case .stored(let first) = try await keepArtifact(store, "a", [1, 2]) else { return #expect(Bool(false), "it is new") }
            #expect(try await keepArtifact(store, "a", [1, 2]) == .again(first))
            #expect(try await keepArtifact(store, "a", [3]) == .conflict(existing: first))
            _ = try await keepArtifact(store, "b", [1, 2])
            _ = try await keepArtifact(store, "a", [1, 2], tenant: "two")
            #expect(try await store.deleteArtifact("a", tenant: "default", audit: entry))
            #expect(try await store.deleteArtifact("a", tenant: "default", audit: entry) == false)
            #expect(try await store.artifactContent("a", tenant: "default") == nil)
            #expect(try await store.artifactContent("b", tenant: "default") == [1, 2])
            #expect(try await store.artifactContent("a", tenant: "two") == [1, 2])
            #expect(try await keepArtifact(store, "c", [UInt8](repeating: 0, count: 9), bytesMax: 10) == .tooMuch(bytes: 2, count: 1))
            #expect(try await keepArtifact(store, "c", [], countMax: 1) == .tooMuch(bytes: 2, count: 1))
            _ = try await keepArtifact(store, "c", [7], expires: now)
            #expect(try await store.expireArtifacts(now: Instant(milliseconds: 999), limit: 9).isEmpty)
            #expect(try await store.expireArtifacts(now: now, limit: 9).map(\.name) == ["c"])
            #expect(try await store.artifacts(tenant: "default", prefix: "", after: "", limit: 9).map(\.name) == ["b"])
        }
    }

    // MARK: Files

    @Test func filesGoWithTheirLastNameAndNotBefore() async throws {
        try await withStore { store, folder in
            let place = folder + "/artifacts"
            _ = try await keepArtifact(store, "a", [1])
            _ = try await keepArtifact(store, "b", [1], tenant: "two")
            #expect(files(place).count == 1)
            _ = try await store.deleteArtifact("a", tenant: "default", audit: entry)
            #expect(files(place).count == 1)
            _ = try await keepArtifact(store, "b", [2], tenant: "two", replaces: true)
            #expect(files(place) == [hexadecimal(CryptoSuite.system.sha256([2]))])
            #expect(try await keepArtifact(store, "c", [3], bytesMax: 0) == .tooMuch(bytes: 0, count: 0))
            #expect(files(place).count == 1, "what was refused leaves nothing")
            _ = try await store.deleteArtifact("b", tenant: "two", audit: entry)
            #expect(files(place).isEmpty && files(folder + "/staging-artifacts").isEmpty)
        }
    }

    @Test func whatACrashLeavesIsClearedAway() async throws {
        try await withFolder { folder in
            var store = try SQLiteStore(folder: folder, suite: .system)
            _ = try await keepArtifact(store, "a", [1])
            await store.close()
            let stray = hexadecimal(CryptoSuite.system.sha256([9]))
            try Data([9]).write(to: URL(fileURLWithPath: "\(folder)/artifacts/\(stray)"))
            try Data([9]).write(to: URL(fileURLWithPath: "\(folder)/staging-artifacts/half"))
            store = try SQLiteStore(folder: folder, suite: .system)
            #expect(files(folder + "/artifacts") == [hexadecimal(CryptoSuite.system.sha256([1]))])
            #expect(files(folder + "/staging-artifacts").isEmpty)
            #expect(try await store.artifactContent("a", tenant: "default") == [1])
            await store.close()
        }
    }

    /// Names come and go at once, all for the same contents: whoever has a name has its content.
    @Test func contentIsThereAsLongAsAnyNameIs() async throws {
        try await withStore { store, folder in
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var chance = Chance(seed: worker)
                        for _ in 0..<40 {
                            let (name, content) = ("\(worker)", [UInt8(chance.below(2))])
                            do {
                                _ = try await keepArtifact(store, name, content, replaces: true)
                                #expect(try await store.artifactContent(name, tenant: "default") == content)
                                if chance.coin() { _ = try await store.deleteArtifact(name, tenant: "default", audit: entry) }
                            } catch { Issue.record("\(error)") }
                        }
                    }
                }
            }
            #expect(try await store.verify(folder: folder, suite: .system).damages.isEmpty)
            for name in 0..<8 { _ = try await store.deleteArtifact("\(name)", tenant: "default", audit: entry) }
            #expect(files(folder + "/artifacts").isEmpty)
        }
    }
}
