internal import Compute
internal import CryptoSuite
internal import Federation
internal import Learning
internal import Storage
internal import Strategies
internal import Telemetry
internal import Trust

// Who takes updates: checks them, has them stored, and only then tells the machine and the client.
extension SessionHost {
    /// Largest body of an update, in bytes; nil while the model is not decided.
    var updateLimit: Int? {
        // The header of a body is at most 1 MiB (Learning.Limits). Masked numbers have at most 32 bits, and are a few more.
        machine.session.model.map { machine.session.spec.updateLength(parameters: $0.parameterCount) * 4 + (1 << 20) + 8 }
    }

    /// Whether this client may send this update now. One that it has sent before is let in too: it gets its receipt.
    func admit(_ client: String, _ key: AttemptKey) async throws(FederationFailure) {
        guard case .refused(let refused) = try await ask({ .updateOffered(client: client, round: key.round, attempt: key.attempt, $0) })
        else { return }
        if try await kept(client, key, refused) == nil { throw turnedAway(client, refused) }
    }

    func update(
        _ client: String, _ claim: UpdateClaim, body: [UInt8], wireBytes: Int
    ) async throws(FederationFailure) -> UpdateReceipt {
        let started = around.now()
        let (digest, stated) = await around.pool.run { (CryptoSuite.system.sha256(body), AttemptKey(statedIn: body)) }
        if let key = AttemptKey(claim: claim, stated: stated) {
            if let receipt = try await receipt(client, key, digest) { return receipt }
        }
        if machine.session.spec.secureAggregation != nil { return try await maskedUpdate(client, claim, body, digest, wireBytes, started) }
        let (valid, delta) = try await validate(client, claim, body)
        // The attempt may have been closed while the body was read.
        try await admit(client, valid.key)
        var record = ContributionRecord(
            client: client, round: valid.key.round, attempt: valid.key.attempt, digest: digest, samples: valid.samples, maxAbs: valid.maxAbs,
            wireBytes: Int64(wireBytes), loss: valid.loss, accuracy: valid.accuracy, receivedAt: started)
        record.steps = valid.steps
        record.hasLostControl = valid.hasLostControl ? true : nil
        return try await store(record, delta)
    }

    /// Durable, then told to the machine, then acknowledged.
    func store(_ record: ContributionRecord, _ body: [UInt8]) async throws(FederationFailure) -> UpdateReceipt {
        let stored: StoredContribution
        do { stored = try await around.sessions.storeContribution(record, body: body, session: id, tenant: tenant) } catch {
            throw storageFailure(error, around.log)
        }
        let (durable, again) =
            switch stored {
            case .stored(let kept): (kept, false)
            case .again(let kept): (kept, true)
            case .conflict(let kept): (kept, true)
            }
        if case .conflict = stored { throw try await conflict(durable, record.digest) }
        let receipt = try await told(durable, again: again)
        traffic.arrived(at: around.now(), started: record.receivedAt, Int(clamping: record.wireBytes), around.metrics)
        return receipt
    }

    // MARK: Sent before

    /// What the store knows of an update that the machine refuses; after a restart it no longer knows what older attempts
    /// took. nil when it was never accepted.
    private func kept(_ client: String, _ key: AttemptKey, _ refused: Refused) async throws(FederationFailure) -> ContributionRecord? {
        if refused == .notAMember { return nil }
        do {
            let kept = try await around.sessions.contribution(
                ContributionKey(tenant: tenant, session: id, round: key.round, attempt: key.attempt, client: client))
            return kept.flatMap { $0.counts ? $0.record : nil }
        } catch { throw storageFailure(error, around.log) }
    }

    /// An update that came too late is answered and counted, though nothing of it is kept.
    private func turnedAway(_ client: String, _ refused: Refused) -> FederationFailure {
        if case .late = refused {
            handle(.updateTooLate(client: client))
            around.metrics.add("tutti_updates_total", [("outcome", "late")])
        }
        return refused.failure
    }

    /// The receipt of an update that was accepted before; nil when this one is awaited.
    private func receipt(_ client: String, _ key: AttemptKey, _ digest: [UInt8]) async throws(FederationFailure) -> UpdateReceipt? {
        if case .refused(let refused) = try await ask({ .updateOffered(client: client, round: key.round, attempt: key.attempt, $0) }) {
            guard let record = try await kept(client, key, refused) else { throw turnedAway(client, refused) }
            guard constantTimeEqual(record.digest, digest) else { throw try await conflict(record, digest) }
            return UpdateReceipt(round: key.round, attempt: key.attempt, digest: hexadecimal(digest), again: true)
        }
        if machine.openAttempt(client) == key { return nil }
        // The machine has it: only the digest matters, and nothing is stored.
        return try await told(
            ContributionRecord(
                client: client, round: key.round, attempt: key.attempt, digest: digest, samples: 0, maxAbs: 0, wireBytes: 0, loss: nil,
                accuracy: nil, receivedAt: around.now()), again: true)
    }

    /// Tells the machine of an update that is durable.
    private func told(_ record: ContributionRecord, again: Bool) async throws(FederationFailure) -> UpdateReceipt {
        switch try await ask({ .updateStored(record, $0) }) {
        case .accepted(let accepted):
            return UpdateReceipt(round: accepted.round, attempt: accepted.attempt, digest: hexadecimal(record.digest), again: again)
        case .refused(.duplicateDiffers): throw try await conflict(record, record.digest)
        case .refused(let refused): throw refused.failure
        case .joined, .admitted, .done: throw .internalError("unexpected reply")
        }
    }

    /// Another body for what was accepted already. The first stands; that somebody tried is written down before anybody
    /// is told.
    private func conflict(_ record: ContributionRecord, _ offered: [UInt8]) async throws(FederationFailure) -> FederationFailure {
        let entry = AuditRecord(
            at: around.now(), action: .updateConflict, by: AuditActor(record.client, status: 409), of: id,
            details: ["round": "\(record.round)", "attempt": "\(record.attempt)", "offered_sha256": hexadecimal(offered)],
            level: .warning)
        do { try await around.sessions.append(entry, tenant: tenant) } catch { throw storageFailure(error, around.log) }
        around.metrics.add("tutti_updates_total", [("outcome", "conflict")])
        return Refused.duplicateDiffers(round: record.round).failure
    }

    // MARK: Checking

    /// The update, and its delta as it is stored. On the pool's threads, so that as many are unpacked at a time as there
    /// are threads.
    private func validate(
        _ client: String, _ claim: UpdateClaim, _ body: [UInt8]
    ) async throws(FederationFailure) -> (update: ValidUpdate, delta: [UInt8]) {
        guard let open = machine.openAttempt(client) else {
            throw machine.session.status.isFinal
                ? Refused.sessionClosed(machine.session.status).failure
                : .conflict("no round is open for this client", retryAfterSeconds: 1)
        }
        guard let digest = machine.model?.digest else { throw .conflict("the model is not decided yet", retryAfterSeconds: 1) }
        let file = try await model(digest: digest)
        let rule = machine.session.spec.strategy.client
        do {
            return try await around.pool.run(throwing: { () throws(UpdateError) in
                var valid = try ValidUpdate(body: body, claim: claim, spec: file.spec, base: digest, parameters: file.parameters, rule: rule)
                // It was checked against the model of this attempt, so it can be of no other.
                guard valid.key == open else { throw .wrongBase(expected: digest, provided: "that of round \(valid.key.round)") }
                let delta = RoundComputer.encode(delta: valid.delta)
                valid.delta = []
                return (valid, delta)
            })
        } catch {
            handle(.updateRejected(client: client, round: open.round, attempt: open.attempt, reason: "\(error)"))
            around.metrics.add("tutti_updates_total", [("outcome", "rejected")])
            throw error.failure
        }
    }
}

extension AttemptKey {
    private static let rounds = 1...100_000
    private static let attempts = 1...1_000_000

    /// What the metadata of an update's body say; nil when they do not, or the body is none.
    init?(statedIn body: [UInt8]) {
        guard let file = try? Safetensors.decode(body) else { return nil }
        func number(_ name: String) -> Int? { file.metadata.first { $0.name == name }.flatMap { Int($0.value) } }
        guard let round = number("round"), Self.rounds.contains(round) else { return nil }
        let attempt = number("attempt") ?? 1
        guard Self.attempts.contains(attempt) else { return nil }
        self.init(round: round, attempt: attempt)
    }

    /// The attempt an update is for, as far as that can be known before it is read whole.
    init?(claim: UpdateClaim, stated: AttemptKey?) {
        guard let round = claim.round ?? stated?.round else { return nil }
        self.init(round: round, attempt: claim.attempt ?? stated?.attempt ?? 1)
    }
}
