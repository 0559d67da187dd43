import Federation
import Storage

extension Question {
    /// The rest of them: of jobs and artifacts.
    func answerOfJobs(_ store: any WholeStore) async throws -> String {
        let audit = AuditRecord(at: now, action: .jobCreated, actor: "a", subject: "b")
        switch self {
        case .epoch: return "\(try await store.beginJobEpoch())"
        case .submit(let job, let open, let since): return "\(try await store.submit(job, audit: audit, openMax: open, remembered: since))"
        case .job(let id, let tenant): return "\(String(describing: try await store.job(id, tenant: tenant)))"
        case .jobs(let tenant, let state, let offset, let limit):
            return "\(try await store.jobs(tenant: tenant, state: state, offset: offset, limit: limit))"
        case .jobCounts(let tenant, let since):
            let counts = try await store.jobCounts(tenant: tenant, finishedSince: since)
            return "\(counts.map { "\($0.key) \($0.value)" }.sorted())"
        case .openJobs(let after, let limit): return "\(try await store.openJobs(after: after, limit: limit))"
        case .completedJobs(let type, let limit): return "\(try await store.completedJobs(type, limit: limit))"
        case .changeJob(let id, let epoch, let state, let finished, let checkpoint):
            let outcome = try await store.changeJob(id, epoch: epoch) { job in
                guard !job.state.isFinal else { return nil }
                let next = changed(job) {
                    $0.state = state
                    $0.finishedAt = state.isFinal ? finished ?? job.createdAt : nil
                }
                return JobChange(record: next, checkpoint: checkpoint, audit: state.isFinal ? audit : nil)
            }
            return "\(outcome)"
        case .jobCheckpoint(let id): return "\(String(describing: try await store.jobCheckpoint(id)))"
        case .forgetJobs(let before, let limit): return "\(try await store.forgetJobs(finishedBefore: before, limit: limit))"
        case .putArtifact(let name, let content, let tenant, let expires, let replaces):
            let outcome = try await keepArtifact(
                store, name, content, tenant: tenant, expires: expires, replaces: replaces, bytesMax: 100, countMax: 5)
            return "\(outcome)"
        case .artifact(let name, let tenant): return "\(String(describing: try await store.artifact(name, tenant: tenant)))"
        case .artifactContent(let name, let tenant): return "\(String(describing: try await store.artifactContent(name, tenant: tenant)))"
        case .artifacts(let tenant, let prefix, let after, let limit):
            return "\(try await store.artifacts(tenant: tenant, prefix: prefix, after: after, limit: limit))"
        case .deleteArtifact(let name, let tenant): return "\(try await store.deleteArtifact(name, tenant: tenant, audit: audit))"
        case .expireArtifacts(let now, let limit):
            // Whose turn it is among those of one instant is the store's own.
            return "\(try await store.expireArtifacts(now: now, limit: limit).map { "\($0)" }.sorted())"
        default: return "no question"
        }
    }
}

extension Questions {
    mutating func ofJobs() -> Question {
        let (tenant, id) = (one(of: ["one", "one", "two"]), one(of: ["j", "k", "Z", "é", "e\u{301}"]))
        let time = Instant(milliseconds: Int64(below(20)))
        let name = one(of: ["a", "a/b", "a/c", "b", "é", "e\u{301}"])
        switch below(20) {
        case 0: return .epoch
        case 1...4:
            let key = one(of: [nil, JobSubmissionKey(key: one(of: ["x", "y"]), digest: [UInt8(below(2))])])
            let job = job(id, tenant: tenant, type: one(of: [.report, .annealing]), at: time, key: key)
            return .submit(job, openMax: 1 + below(4), remembered: Instant(milliseconds: Int64(below(20))))
        case 5: return .job(id, tenant: tenant)
        case 6: return .jobs(tenant: tenant, one(of: [nil, .queued, .completed]), offset: below(4) - 1, limit: below(4) - 1)
        case 7: return .jobCounts(tenant: one(of: [nil, tenant]), since: one(of: [nil, time]))
        case 8: return .openJobs(after: one(of: ["", "j", "é"]), limit: below(5))
        case 9: return .completedJobs(one(of: [.report, .annealing]), limit: below(4))
        case 10...12:
            return .changeJob(
                id, epoch: Int64(below(4)), one(of: JobState.allCases), finished: one(of: [nil, time]), checkpoint: one(of: [nil, [], [1, 2]]))
        case 13: return .jobCheckpoint(id)
        case 14: return .forgetJobs(before: time, limit: below(3))
        case 15, 16:
            let content = [UInt8](repeating: UInt8(below(3)), count: one(of: [0, 3, 40]))
            return .putArtifact(name, content, tenant: tenant, expires: one(of: [nil, time]), replaces: below(2) == 0)
        case 17: return one(of: [.artifact(name, tenant: tenant), .artifactContent(name, tenant: tenant)])
        case 18: return .artifacts(tenant: tenant, prefix: one(of: ["", "a", "a/", "e"]), after: one(of: ["", "a/b"]), limit: below(5))
        // All that is due: which of them go first at a limit is the store's own.
        default: return one(of: [.deleteArtifact(name, tenant: tenant), .expireArtifacts(time, limit: 100)])
        }
    }
}
