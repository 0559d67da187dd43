internal import CryptoSuite
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

/// What a job of models reads: an artifact of its tenant, or what lies elsewhere. What is fetched is kept under the job's name, so that a run
/// after a crash goes on with the same bytes.
struct JobInput: Sendable {
    let artifacts: Artifacts
    let sources: ContentSources

    static func parts(_ job: String) -> String { "jobs/\(job)/parts/" }
    private static func kept(_ job: String) -> String { "jobs/\(job)/input" }

    /// An artifact's own name, or the one of a file that was uploaded.
    private static func names(_ input: String) -> [String] {
        let uploaded = ModelLocation.uploads + input
        return Artifacts.nameProblem(uploaded) == nil ? [input, uploaded] : [input]
    }

    func blockers(_ job: JobRecord, now: Instant) async -> [JobBlocker] {
        guard let input = job.input else { return [] }
        func blocker(_ have: String, _ fix: String) -> [JobBlocker] {
            [JobBlocker(what: "input", field: "parameters.input_source", asked: ModelLocation.shown(input), have: have, fix: fix)]
        }
        if input.contains("://") {
            return sources.missing(for: input, tenant: job.tenant).map { blocker("none", $0) } ?? []
        }
        for name in Self.names(input) {
            do throws(ArtifactFailure) {
                _ = try await artifacts.find(name, tenant: job.tenant, now: now)
                return []
            } catch {
                // Whatever else is wrong the run tells.
                guard case .notFound = error else { return [] }
            }
        }
        return blocker("none", "PUT /v1/files/\(input), or store an artifact of this name")
    }

    /// - Throws: `JobRunError`; `JobStop`.
    func content(_ job: JobRecord, _ context: JobContext) async throws -> (content: [UInt8], sha256: String) {
        guard let input = job.input else { throw JobFailure.invalid(field: "parameters.input_source", issue: "is needed", provided: nil) }
        guard input.contains("://") else { return try await artifact(Self.names(input), job, context, input) }
        if let kept = try? await artifacts.get(Self.kept(job.id), tenant: job.tenant, now: context.now) { return (kept.content, kept.record.digest) }
        switch try await sources.fetch(input, tenant: job.tenant, bytesMax: ModelJobLimits.inputBytes) {
        case .later(let why): throw JobRunError("input", "The input could not be fetched: \(why).", mayRetry: true)
        case .refused(let why): throw JobRunError("input", "The input cannot be fetched: \(why).", mayRetry: false)
        case .bytes(let content):
            do throws(ArtifactFailure) {
                let kept = try await artifacts.put(
                    content, name: Self.kept(job.id), mediaType: "application/octet-stream", tenant: job.tenant, actor: AuditActor("job \(job.id)"),
                    lifetimeSeconds: ModelJobLimits.keptSeconds, replaces: true, now: context.now)
                return (content, kept.digest)
            } catch { throw JobRunError("input", "The input could not be kept: \(error.reason)", mayRetry: true) }
        }
    }

    private func artifact(_ names: [String], _ job: JobRecord, _ context: JobContext, _ input: String) async throws -> ([UInt8], String) {
        for name in names {
            do throws(ArtifactFailure) {
                let found = try await artifacts.get(name, tenant: job.tenant, now: context.now)
                return (found.content, found.record.digest)
            } catch {
                if case .notFound = error { continue }
                throw JobRunError("input", "The input \(input) could not be read: \(error.reason)", mayRetry: true)
            }
        }
        throw JobRunError("input", "The input \(input) is not here any more.", mayRetry: false)
    }

    /// Removes what lies under the job's name beside its result.
    func discard(_ job: JobRecord, now: Instant) async {
        let actor = AuditActor("job \(job.id)")
        try? await artifacts.delete(Self.kept(job.id), tenant: job.tenant, actor: actor, now: now)
        var after = ""
        while let page = try? await artifacts.list(tenant: job.tenant, prefix: Self.parts(job.id), after: after, limit: Artifacts.pageMax, now: now),
            let last = page.last
        {
            for part in page { try? await artifacts.delete(part.name, tenant: job.tenant, actor: actor, now: now) }
            after = last.name
        }
    }
}

extension ArtifactFailure {
    /// What may be told to whoever asked for the job.
    var reason: String {
        switch self {
        case .invalid(let field, let issue): "\(field) \(issue)."
        case .notFound(let what): "there is no \(what)."
        case .conflict(let what): what
        case .tooLarge(let limit): "at most \(limit) bytes are kept under one name."
        case .tooMuch(let bytes, let count): "the tenant may keep \(bytes) bytes under \(count) names; delete what is not needed."
        case .insufficientStorage: "the coordinator's disk is full."
        case .internalError: "the store failed; the coordinator's log says how."
        }
    }
}
