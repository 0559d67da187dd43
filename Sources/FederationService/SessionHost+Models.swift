internal import Compute
internal import Federation
internal import Learning
internal import Storage
internal import Wire

// Who keeps the models: the newest ones in memory, all of them among the blobs.
extension SessionHost {
    /// nil when it could not be stored; the process is about to end then.
    func keep(model bytes: [UInt8], round: Int) async -> String? {
        let digest = await durably("model version \(round) of session \(id)") { [blobs = around.blobs] () async throws(StorageError) in
            try await blobs.put(bytes)
        }
        guard let digest else { return nil }
        models.append((digest, round, bytes))
        if models.count > Limits.modelsKept { models.removeFirst() }
        return digest
    }

    /// nil when it could not be stored; the process is about to end then.
    func keep(state bytes: [UInt8]) async -> String? {
        await durably("the server's state of session \(id)") { [blobs = around.blobs] () async throws(StorageError) in
            try await blobs.put(bytes)
        }
    }

    /// SCAFFOLD's control of the server after round `round`, as a file.
    func control(ofRound round: Int) async throws(FederationFailure) -> String {
        guard machine.session.spec.needs.contains(.controlled) else {
            throw .notFound("control: the session's algorithm is \(machine.session.spec.algorithm.rawValue)")
        }
        do {
            let found = try await around.sessions.rounds(id, tenant: tenant, after: max(0, round - 1), limit: 50)
                .first { $0.round == round && $0.state == .committed }?.outcome?.state
            if let found { return found }
        } catch { throw storageFailure(error, around.log) }
        throw .notFound("control of round \(round)")
    }

    func model(digest: String) async throws(FederationFailure) -> ModelFile {
        if let base, base.digest == digest { return base.file }
        let bytes = try await modelBytes(digest)
        let file: ModelFile
        do {
            file = try await around.pool.run(throwing: { () throws(SafetensorsError) in try ModelFile(decoding: bytes) })
        } catch { throw .internalError("model \(digest) cannot be read: \(error)") }
        base = (digest, file)
        return file
    }

    func modelBytes(_ digest: String) async throws(FederationFailure) -> [UInt8] {
        if let known = models.first(where: { $0.digest == digest }) { return known.bytes }
        do {
            if let bytes = try await around.blobs.get(digest) { return bytes }
        } catch { throw storageFailure(error, around.log) }
        throw .notFound("model \(digest)")
    }

    /// Digest of the model that round `round` made (0: the first model); nil: of the newest.
    func digest(ofRound round: Int?) async throws(FederationFailure) -> (digest: String, round: Int) {
        guard let newest = machine.given else {
            throw .conflict("the model is not decided yet: \(waits)", retryAfterSeconds: 1)
        }
        guard let round, round != newest.round else { return newest }
        if let known = models.first(where: { $0.round == round }) { return (known.digest, round) }
        do {
            let found = try await around.sessions.rounds(id, tenant: tenant, after: round - 1, limit: 50)
                .first { $0.round == round && $0.state == .committed }?.outcome?.model
            if let found { return (found, round) }
            if round == 0, let first = try await around.sessions.snapshot(id, tenant: tenant)?.initialModel { return (first, 0) }
        } catch { throw storageFailure(error, around.log) }
        throw .notFound("model version \(round)")
    }

    /// A model file from outside, to begin from. It is written anew, so that equal models have one name.
    func setInitialModel(_ bytes: [UInt8], by actor: AuditActor) async throws(FederationFailure) {
        let file: ModelFile
        do {
            file = try await around.pool.run(throwing: { () throws(SafetensorsError) in try ModelFile(decoding: bytes) })
        } catch {
            throw .unprocessable(field: "initial_model", issue: "\(error); give a file of 'tutti-coordinator model export'", provided: nil)
        }
        guard file.parameters.allSatisfy(\.isFinite) else {
            throw .unprocessable(field: "initial_model", issue: "holds NaN or infinity; no training can begin from it", provided: nil)
        }
        let digest: String
        do { digest = try await around.blobs.put(await around.pool.run { file.encode() }) } catch { throw storageFailure(error, around.log) }
        let reply = try await ask({ .initialModelGiven(digest: digest, file.spec, file.schema, $0) }, by: actor, .sessionInitialModelSet)
        if case .refused(let refused) = reply { throw refused.failure }
    }

    private var waits: String {
        machine.blockers(around.now()).map { "\($0.what), \($0.have) of \($0.asked): \($0.fix)" }.joined(separator: "; ")
    }

    func served(_ bytes: Int) {
        traffic.served(bytes, around.metrics)
        handle(.bytesServed(Int64(bytes)))
    }
}
