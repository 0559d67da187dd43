internal import CryptoSuite
internal import Federation
internal import Learning
internal import Wire

// The way of an update through the coordinator's shell: admitted, checked, written, and only then acknowledged.
extension World {
    mutating func uploadArrives(_ upload: Upload) {
        note("upload", upload.client, upload.body)
        let id = nextUpload
        nextUpload += 1
        openUploads[id] = upload
        openUploads[id]?.id = id
        guard coordinator != nil, !(happens(faults.loss) && !upload.isStray) else { return answer(id, .failed(.retry(afterSeconds: nil))) }
        let body: [UInt8]
        do { body = try upload.plainBody } catch { return answer(id, .failed(.refused("\(error)"))) }
        let name = clients[upload.client].name
        ask(.admission(upload: id, body: body)) {
            .updateOffered(client: name, round: upload.key.round, attempt: upload.key.attempt, $0)
        }
    }

    mutating func admitted(_ id: Int, _ body: [UInt8], _ reply: CoordinatorReply) {
        guard let upload = openUploads[id] else { return }
        if case .refused(let refused) = reply { return answer(id, .failed(refused.uploadFailure)) }
        let name = clients[upload.client].name
        var record = ContributionRecord(
            client: name, round: upload.key.round, attempt: upload.key.attempt, digest: CryptoSuite.simulated.sha256(body), samples: 0,
            maxAbs: 0, wireBytes: Int64(upload.body.count), loss: nil, accuracy: nil, receivedAt: instant)
        guard coordinator?.machine.openAttempt(name) == upload.key else {
            // Delivered before: only the digest matters, and nothing is stored.
            let again = record
            return ask(.receipt(upload: id)) { .updateStored(again, $0) }
        }
        guard let digest = coordinator?.machine.model?.digest, let base = baseModel(digest) else {
            return answer(id, .failed(.retry(afterSeconds: nil)))
        }
        do {
            let valid = try ValidUpdate(
                body: body, claim: UpdateClaim(round: upload.key.round, attempt: upload.key.attempt), spec: base.spec, base: digest,
                parameters: base.parameters, rule: configuration.spec.strategy.client)
            (record.samples, record.maxAbs, record.loss, record.accuracy) = (valid.samples, valid.maxAbs, valid.loss, valid.accuracy)
            record.steps = valid.steps
            if configuration.plantedBug == .acknowledgesBeforeWriting {
                checker.acknowledges(record, isDurable: false, now)
                answer(id, .accepted)
            }
            plan(
                .contributionWritten(epoch: epoch, record, delta: RoundComputer.encode(delta: valid.delta), upload),
                in: pick(configuration.disk))
        } catch {
            tell(.updateRejected(client: name, round: upload.key.round, attempt: upload.key.attempt, reason: "\(error)"))
            answer(id, .failed(.refused("\(error)")))
        }
    }

    mutating func contributionWritten(_ written: Int, _ record: ContributionRecord, _ delta: [UInt8], _ upload: Upload) {
        // A write that was under way when the process died is whole or not there at all.
        guard written == epoch, coordinator != nil else {
            if happens(0.5) { _ = store.store(record, delta: delta) }
            return
        }
        let id = upload.id
        switch store.store(record, delta: delta) {
        case .stored(let kept), .again(let kept): ask(.receipt(upload: id)) { .updateStored(kept, $0) }
        case .conflict: answer(id, .failed(.superseded))
        }
    }

    mutating func receipt(_ id: Int, _ reply: CoordinatorReply) {
        switch reply {
        case .accepted(let record):
            let stored = store.contribution(record.attemptKey, record.client)
            checker.acknowledges(record, isDurable: stored?.record.digest == record.digest, now)
            answer(id, .accepted)
        case .refused(let refused): answer(id, .failed(refused.uploadFailure))
        case .joined, .admitted, .done: checker.violated(.acknowledgedIsDurable, now, "an upload got the answer to something else")
        }
    }

    mutating func answer(_ id: Int, _ answer: UploadAnswer) {
        guard let upload = openUploads.removeValue(forKey: id), !upload.isStray else { return }
        if happens(faults.loss) { return plan(.uploadAnswered(upload, .failed(.retry(afterSeconds: nil))), in: 300) }
        plan(.uploadAnswered(upload, answer), in: networkDelay())
    }

    /// From the client into the network.
    mutating func post(_ upload: Upload) {
        plan(.uploadArrives(upload), in: networkDelay())
        var stray = upload
        stray.isStray = true
        if happens(faults.duplication) {
            repeated.insert(DurableStore.Key(attempt: upload.key, client: clients[upload.client].name))
            plan(.uploadArrives(stray), in: networkDelay() + pick(0...3000))
        }
        if happens(faults.malformed) {
            switch weather.below(3) {
            case 0: stray.body = Array(upload.body.prefix(weather.below(upload.body.count)))
            case 1:
                guard var body = try? upload.plainBody else { return }
                // The last number becomes NaN.
                body.replaceSubrange((body.count - 4)..., with: [0, 0, 0xC0, 0x7F])
                (stray.body, stray.isCompressed) = (BulkCodec.compress(body, shuffle: 4, level: 1), true)
            default: stray.key.round += 1
            }
            plan(.uploadArrives(stray), in: networkDelay())
        }
    }
}

extension Upload {
    var plainBody: [UInt8] {
        get throws(WireError) { isCompressed ? try BulkCodec.decompress(body, limit: 1 << 20) : body }
    }
}

extension Refused {
    /// As the HTTP surface answers: 403 cannot be mended by waiting, 409 means that the round has moved on.
    fileprivate var uploadFailure: UploadFailure {
        switch self {
        case .certificateRequired, .notAMember: .refused("\(self)")
        case .sessionClosed, .sessionFull, .schemaDisagrees, .unfit, .notInCohort, .stale, .late, .duplicateDiffers, .noRoundOpen, .invalidState:
            .superseded
        }
    }
}
