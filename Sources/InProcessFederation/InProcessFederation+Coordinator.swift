internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import RobustAggregation
internal import Wire

// The shell of the coordinator's machine. Nothing outlives the process, so what is to be durable is so at once.
extension InProcessFederation {
    mutating func tell(_ event: CoordinatorEvent) {
        effects += machine.handle(event, now: common.now)
        guard !isPumping else { return }
        isPumping = true
        while nextEffect < effects.count {
            nextEffect += 1
            perform(effects[nextEffect - 1])
        }
        effects.removeAll(keepingCapacity: true)
        (nextEffect, isPumping) = (0, false)
    }

    mutating func ask(_ event: (Ticket) -> CoordinatorEvent) -> CoordinatorReply? {
        reply = nil
        tickets += 1
        tell(event(Ticket(tickets)))
        return reply
    }

    private mutating func perform(_ effect: CoordinatorEffect) {
        switch effect {
        case .persist(.round(let record)):
            if let outcome = record.outcome { report.closed(record, outcome) }
        case .persist(.evaluation(let record)): report.evaluation = record
        case .persist(.member), .persist(.session), .persist(.initialModel): break
        case .initialiseModel(let spec, let schema, let seed):
            let digest = keep(ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed)))
            tell(.modelInitialised(digest: digest))
        case .send(let message, let client):
            guard let index = index(of: client), let frame = try? ControlCodec.encode(message) else { break }
            mail.append(Delivery(client: index, frame: frame))
        case .planPrivacy(let demand): tell(planned(demand))
        case .reply(_, let answer): reply = answer
        case .aggregate(let job): aggregate(job)
        case .discardContributions: (deltas, packed) = ([:], [:])
        case .finished(let status): (report.status, report.reason) = (status, machine.session.statusReason)
        }
    }

    private func index(of name: String) -> Int? {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low < names.count && names[low] == name ? low : nil
    }

    // MARK: Models

    /// The model as its bytes say, under their digest.
    private mutating func keep(_ file: ModelFile) -> String {
        let bytes = file.encode()
        let digest = hexadecimal(common.suite.sha256(bytes))
        common.models.append((digest, (try? ModelFile(decoding: bytes)) ?? file, bytes.count))
        // Whoever is told to use a model is told of the newest.
        if common.models.count > 2 { common.models.removeFirst() }
        report.model = digest
        return digest
    }

    private mutating func keep(state file: [UInt8]) -> String {
        let digest = hexadecimal(common.suite.sha256(file))
        common.states.append((digest, file))
        if common.states.count > 2 { common.states.removeFirst() }
        return digest
    }

    private mutating func aggregate(_ job: AggregationJob) {
        do {
            guard let base = common.model(job.baseModel)?.file else { throw AggregationError.source("its model is not here") }
            var noise: RandomWords?
            if let privacy = job.privacy {
                switch pay(privacy.charge) {
                case .success(let words): noise = words
                case .failure(let error): return tell(job.unpaid(error))
                }
            }
            if let masked = job.masked { return try open(masked, job, base, noise) }
            var updates: [[Float]] = []
            for record in job.contributions {
                guard let delta = index(of: record.client).flatMap({ deltas[$0] }) else {
                    throw AggregationError.source("the update of \(record.client) is not here")
                }
                updates.append(delta)
            }
            let step = try RoundComputer.step(
                from: base, state: job.state.flatMap { common.state($0) }, job: job,
                source: try MemoryUpdates(updates, names: job.contributions.map(\.client)), noise: noise)
            commit(step, job, nil)
        } catch {
            tell(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
        }
    }

    private mutating func open(_ masked: MaskedJob, _ job: AggregationJob, _ base: ModelFile, _ noise: RandomWords?) throws(AggregationError) {
        let (step, sums) = try RoundComputer.step(
            from: base, state: job.state.flatMap { common.state($0) }, job: job, masked: masked, suite: common.suite, noise: noise
        ) { [self] name throws(AggregationError) in
            guard let lanes = index(of: name).flatMap({ packed[$0] }) else { throw .source("the masked update of \(name) is not here") }
            return lanes
        }
        commit(step, job, sums)
    }

    private mutating func commit(_ step: RoundComputer.Step, _ job: AggregationJob, _ sums: MaskedSums?) {
        let model = step.model
        let held = holdout.map { LocalComputer.assessment(of: model, on: $0, kernels: kernels) }
        var result = AggregationResult(
            model: keep(model), heldOutLoss: held?.loss, heldOutAccuracy: held?.accuracy, milliseconds: 0)
        result.state = step.state.map { keep(state: $0) }
        result.sums = sums
        if let privacy = job.privacy { result.epsilon = spent(privacy.charge) }
        tell(.aggregated(round: job.round, attempt: job.attempt, result))
    }

    // MARK: Clients

    mutating func receive(_ frame: [UInt8], from client: Int) {
        guard let message = try? ControlCodec.decodeClient(frame) else { return }
        let name = names[client]
        switch message {
        case .hello(let hello):
            guard let version = ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) else { return }
            perform(
                .send(
                    .welcome(
                        Welcome(
                            version: version, sessionID: machine.session.id, heartbeatSeconds: machine.session.spec.heartbeatSeconds,
                            serverTimeMs: common.now.milliseconds, status: machine.session.status.rawValue)), to: name))
            tell(.connected(client: name, identity: hello.identityKey))
        case .heartbeat: tell(.heartbeat(client: name))
        case .evaluation(let m):
            tell(.evaluationReported(client: name, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
        case .roundFailed(let m): tell(.roundFailed(client: name, round: m.round, attempt: m.attempt, reason: m.reason))
        case .secure(let frame): tell(.secureFrame(client: name, frame))
        }
    }

    /// The way of an update: admitted, checked, kept, counted, and only then acknowledged.
    mutating func receive(_ arrival: Arrival, from client: Int) {
        let (name, key) = (names[client], arrival.key)
        guard case .admitted? = ask({ .updateOffered(client: name, round: key.round, attempt: key.attempt, $0) }) else {
            return tell(client, .uploadFailed(key, .superseded))
        }
        if let masked = arrival.masked { return receive(masked, arrival, from: client) }
        switch arrival.checked {
        case .failure(let error):
            tell(.updateRejected(client: name, round: key.round, attempt: key.attempt, reason: "\(error)"))
            tell(client, .uploadFailed(key, .refused("\(error)")))
        case .success(let valid):
            deltas[client] = valid.delta
            var record = ContributionRecord(
                client: name, round: key.round, attempt: key.attempt, digest: arrival.digest, samples: valid.samples, maxAbs: valid.maxAbs,
                wireBytes: Int64(arrival.wireBytes), loss: valid.loss, accuracy: valid.accuracy, receivedAt: common.now)
            record.steps = valid.steps
            record.hasLostControl = valid.hasLostControl ? true : nil
            store(record, from: client)
        }
    }

    private mutating func store(_ record: ContributionRecord, from client: Int) {
        let key = AttemptKey(round: record.round, attempt: record.attempt)
        guard case .accepted? = ask({ .updateStored(record, $0) }) else { return tell(client, .uploadFailed(key, .superseded)) }
        report.updates += 1
        tell(client, .uploaded(key))
    }

    /// A masked update: its header and length are all that can be checked of it.
    private mutating func receive(_ body: [UInt8], _ arrival: Arrival, from client: Int) {
        let (name, key) = (names[client], arrival.key)
        guard let expected = machine.maskedUpload(name), expected.key == key else { return tell(client, .uploadFailed(key, .superseded)) }
        do throws(UpdateError) {
            let masked = try MaskedBody(body, expected: expected)
            packed[client] = masked.packed
            var record = ContributionRecord(
                client: name, round: key.round, attempt: key.attempt, digest: arrival.digest, samples: 1, maxAbs: 0, wireBytes: Int64(arrival.wireBytes),
                loss: nil, accuracy: nil, receivedAt: common.now)
            record.masked = masked.facts
            store(record, from: client)
        } catch {
            tell(.updateRejected(client: name, round: key.round, attempt: key.attempt, reason: "\(error)"))
            tell(client, .uploadFailed(key, .refused("\(error)")))
        }
    }
}
