internal import CryptoSuite
internal import Federation
internal import Learning
internal import Strategies
internal import Wire

// The way of an update through the coordinator's shell: admitted, checked, written, and only then acknowledged.
extension World {
    mutating func uploadArrives(_ upload: Upload) {
        note("upload", upload.client, upload.body)
        let id = nextUpload
        nextUpload += 1
        var upload = upload
        (upload.id, upload.arrivedAt) = (id, now)
        let lost = isLost(from: upload.client)
        guard coordinator != nil, !lost else {
            if upload.isStray { return }
            return plan(.uploadAnswered(upload, .failed(.retry(afterSeconds: nil))), in: Self.requestTimeout)
        }
        openUploads[id] = upload
        let body: [UInt8]
        do { body = try upload.plainBody } catch { return answer(id, .failed(.refused("\(error)"))) }
        let name = clients[upload.client].name
        let isTaken = ask(.admission(upload: id, body: body)) {
            .updateOffered(client: name, round: upload.key.round, attempt: upload.key.attempt, $0)
        }
        if !isTaken { answer(id, .failed(.retry(afterSeconds: nil))) }
    }

    mutating func admitted(_ id: Int, _ body: [UInt8], _ reply: CoordinatorReply) {
        guard let upload = openUploads[id] else { return }
        if case .refused(let refused) = reply {
            if case .late = refused, configuration.plantedBug == .dropsLateAnswer { return }
            return answer(id, .failed(refused.uploadFailure))
        }
        let name = clients[upload.client].name
        var record = ContributionRecord(
            client: name, round: upload.key.round, attempt: upload.key.attempt, digest: CryptoSuite.simulated.sha256(body), samples: 0,
            maxAbs: 0, wireBytes: Int64(upload.body.count), loss: nil, accuracy: nil, receivedAt: Instant(milliseconds: coordinatorClock))
        guard coordinator?.ask({ $0.openAttempt(name) }) == upload.key else {
            // Delivered before: only the digest matters, and nothing is stored.
            return askForReceipt(id, record)
        }
        if configuration.spec.secureAggregation != nil { return admitMasked(id, body, upload, record) }
        guard let digest = coordinator?.ask({ $0.model?.digest }), let base = baseModel(digest) else {
            return answer(id, .failed(.retry(afterSeconds: nil)))
        }
        do {
            let valid = try validated(body, upload.key, base, digest)
            (record.samples, record.maxAbs, record.loss, record.accuracy) = (valid.samples, valid.maxAbs, valid.loss, valid.accuracy)
            record.steps = valid.steps
            record.hasLostControl = valid.hasLostControl ? true : nil
            if configuration.plantedBug == .acknowledgesBeforeWriting {
                checker.acknowledges(record, isDurable: false, now)
                answer(id, .accepted)
            }
            begin(.contribution(record, delta: RoundComputer.encode(delta: valid.delta), upload))
        } catch {
            tell(.updateRejected(client: name, round: upload.key.round, attempt: upload.key.attempt, reason: "\(error)"))
            answer(id, .failed(.refused("\(error)")))
        }
    }

    private func validated(_ body: [UInt8], _ key: AttemptKey, _ base: ModelFile, _ digest: String) throws(UpdateError) -> ValidUpdate {
        let claim = UpdateClaim(round: key.round, attempt: key.attempt)
        func checked(_ body: [UInt8], _ digest: String) throws(UpdateError) -> ValidUpdate {
            try ValidUpdate(
                body: body, claim: claim, spec: base.spec, base: digest, parameters: base.parameters, rule: configuration.spec.strategy.client)
        }
        do {
            return try checked(body, digest)
        } catch {
            switch (error, configuration.plantedBug) {
            case (.wrongBase(_, let provided), .acceptsStaleBase):
                return try checked(body, provided)
            case (.notFinite, .acceptsNotFinite):
                var mended = body
                // The shell that does not look is played by one that sees a zero.
                for at in stride(from: mended.count % 4 + 8, to: mended.count - 3, by: 4) where mended[at..<(at + 4)] == [0, 0, 0xC0, 0x7F] {
                    mended.replaceSubrange(at..<(at + 4), with: [0, 0, 0, 0])
                }
                return try checked(mended, digest)
            default: throw error
            }
        }
    }

    /// It has just been written.
    mutating func contributionWritten(_ record: ContributionRecord, _ delta: [UInt8], _ upload: Upload) {
        switch store.store(record, delta: delta) {
        case .stored(let kept), .again(let kept): askForReceipt(upload.id, kept)
        case .conflict: answer(upload.id, .failed(.superseded))
        }
    }

    private mutating func askForReceipt(_ id: Int, _ record: ContributionRecord) {
        if !ask(.receipt(upload: id), { .updateStored(record, $0) }) { answer(id, .failed(.retry(afterSeconds: nil))) }
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
        reply(to: upload.client, .uploadAnswered(upload, answer), orLost: .uploadAnswered(upload, .failed(.retry(afterSeconds: nil))))
    }

    /// Nobody waits for an answer longer than the writes take that are before it.
    mutating func checkOldestUpload() {
        if openUploads.isEmpty { oldestUpload = nextUpload }
        while oldestUpload < nextUpload, openUploads.index(forKey: oldestUpload) == nil { oldestUpload += 1 }
        guard let oldest = openUploads[oldestUpload] else { return }
        let late = now - max(oldest.arrivedAt, max(openSince, diskIsFullUntil)) - slack
        guard late > 0 else { return }
        openUploads[oldestUpload] = nil
        checker.violated(.everyUploadIsAnswered, now, "an upload of \(clients[oldest.client].name) has no answer after \(now - oldest.arrivedAt) ms")
    }

    /// From the client into the network.
    mutating func post(_ upload: Upload) {
        plan(.uploadArrives(upload), in: networkDelay())
        if faults.replays > 0 { archive.keep(upload) }
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
                // Nobody can see it of masked numbers: their group is no sum of updates then, and does not count.
                if configuration.spec.secureAggregation == nil { checker.mustRefuse(CryptoSuite.simulated.sha256(body)) }
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
