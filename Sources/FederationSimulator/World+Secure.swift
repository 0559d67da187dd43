internal import CryptoSuite
internal import Federation
internal import Learning
internal import SecureAggregation
internal import Wire

// Secure aggregation in the shells: entropy, whole numbers, masks, and the way of a masked update.
extension World {
    /// Fresh in every life and use; the world's seed decides, so that a run repeats.
    mutating func entropy(_ index: Int, _ use: EntropyUse) -> Secret {
        Secret(words(32) { _ in weather.next() })
    }

    mutating func encode(_ index: Int, _ update: UpdateBody, _ start: RoundStart) {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        var secret = SimulatedData.rounding(of: index)
        if configuration.plantedBug == .roundsAnew { secret = Secret([UInt8](repeating: UInt8(truncatingIfNeeded: start.attempt), count: 32)) }
        guard let encoded = try? LocalComputer.encoded(update, start, secret: secret, suite: .simulated) else {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "it cannot be encoded"))
        }
        if !checker.secure.encodes(clients[index].name, start.round, base: hexadecimal(start.modelSHA256), encoded.lanes) {
            checker.violated(.trainingIsReproducible, now, "\(clients[index].name) rounds another way in attempt \(start.attempt) of round \(start.round)")
        }
        clients[index].encoded = (key, encoded)
        tell(index, .encoded(key))
    }

    mutating func mask(_ index: Int, _ job: MaskingJob) {
        guard let (key, update) = clients[index].encoded, key == job.key else { return }
        clients[index].encoded = nil
        var job = job
        if configuration.plantedBug == .masksNothing && index == 0 { job.terms = [] }
        let body = MaskedBody.make(job, update, suite: .simulated)
        plan(.bodyMasked(index, life: clients[index].life, key, body), in: writeTime())
    }

    mutating func bodyMasked(_ index: Int, _ life: Int, _ key: AttemptKey, _ body: [UInt8]) {
        guard isAlive(index, life) else { return }
        // What cannot be written is not sent: the node ends, as with its state.
        if now < clients[index].diskIsFullUntil { return crashClient(index) }
        let digest = hexadecimal(CryptoSuite.simulated.sha256(body))
        clients[index].bodies[digest] = body
        tell(index, .masked(key, digest: digest))
    }

    /// A masked update that was let in: checked and written.
    mutating func admitMasked(_ id: Int, _ body: [UInt8], _ upload: Upload, _ record: ContributionRecord) {
        let name = clients[upload.client].name
        guard let expected = coordinator?.ask({ $0.maskedUpload(name) }) else { return answer(id, .failed(.superseded)) }
        do {
            let masked = try MaskedBody(body, expected: expected)
            var record = record
            (record.samples, record.masked) = (1, masked.facts)
            let base = coordinator?.ask { $0.model?.digest } ?? ""
            if checker.secure.isInTheClear(name, upload.key.round, base: base, packed: masked.packed, width: expected.width) {
                checker.violated(.neverInTheClear, now, "the update of \(name) for round \(upload.key.round) can be read")
            }
            if configuration.plantedBug == .acknowledgesBeforeWriting {
                checker.acknowledges(record, isDurable: false, now)
                answer(id, .accepted)
            }
            begin(.contribution(record, delta: masked.packed, upload))
        } catch {
            tell(.updateRejected(client: name, round: upload.key.round, attempt: upload.key.attempt, reason: "\(error)"))
            answer(id, .failed(.refused("\(error)")))
        }
    }

    /// The last clients, so that nobody both lies and forges.
    func isShareForger(_ index: Int) -> Bool { index >= clients.count - faults.shareForgers }

    func forged(_ frame: SecureFrame) -> SecureFrame {
        guard var response = try? UnmaskResponse(encoded: frame.message) else { return frame }
        for item in response.items.indices { response.items[item].share[0] ^= 1 }
        var frame = frame
        frame.message = response.encoded
        return frame
    }

    /// What is said instead, when a bug is planted: one half of the members is told of other survivors than the other.
    func planted(_ frame: SecureFrame, to client: String) -> SecureFrame {
        guard configuration.plantedBug == .tellsTwoSurvivorSets, client.hashValueOfName % 2 == 0 else { return frame }
        let own = clients.firstIndex { $0.name == client }
        var frame = frame
        if var request = try? UnmaskRequest(encoded: frame.message), request.survivors.count > 3, let gone = request.survivors.last(where: { $0 != own }) {
            request.survivors.removeAll { $0 == gone }
            request.dropped = (request.dropped + [gone]).sorted()
            frame.message = request.encoded
        } else if var notice = try? SurvivorNotice(encoded: frame.message), notice.survivors.count > 3,
            let gone = notice.survivors.last(where: { $0 != own })
        {
            notice.survivors.removeAll { $0 == gone }
            frame.message = notice.encoded
        }
        return frame
    }
}

extension String {
    /// Of a name: the number at its end.
    fileprivate var hashValueOfName: Int { Int(utf8.last ?? 0) }
}
