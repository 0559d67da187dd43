package import CryptoSuite
package import Federation
internal import Learning
internal import SecureAggregation
internal import Strategies
internal import Wire

/// What a client draws for secure aggregation.
package struct ClientSecrets: Sendable {
    /// 32 bytes that stay with a client for the session: its rounding is drawn from them.
    package var rounding: @Sendable (_ client: String) -> Secret
    /// 32 fresh bytes.
    package var entropy: @Sendable (_ client: String, EntropyUse) -> Secret
    /// Seed of a client's Ed25519 key, 32 bytes; asked for against a lying coordinator alone.
    package var identity: @Sendable (_ client: String) -> Secret

    package init(
        rounding: @escaping @Sendable (String) -> Secret, entropy: @escaping @Sendable (String, EntropyUse) -> Secret,
        identity: @escaping @Sendable (String) -> Secret
    ) {
        self.rounding = rounding
        self.entropy = entropy
        self.identity = identity
    }
}

/// What all clients share, and none changes.
struct Common: Sendable {
    let suite: CryptoSuite
    let dataset: Dataset
    let shares: RowShares
    /// The newest models, each decoded once for all.
    var models: [(digest: String, file: ModelFile, bytes: Int)] = []
    /// What the server keeps besides them, by digest: files, the newest last.
    var states: [(digest: String, file: [UInt8])] = []
    /// What the session's algorithm asks of an update.
    var rule = Strategy.ClientRule.plain
    var now = Instant(milliseconds: 0)
    var secrets: ClientSecrets?
    var liars: Liars?
    /// By round: clients that are gone before their masked update is sent.
    var dropped: [Int: Set<Int>] = [:]

    func state(_ digest: String) -> [UInt8]? { states.first { $0.digest == digest }?.file }

    func model(_ digest: String) -> (file: ModelFile, bytes: Int)? {
        models.first { $0.digest == digest }.map { ($0.file, $0.bytes) }
    }

    /// Rows, or bytes of text.
    func samples(of client: Int) -> Int {
        dataset.task == .language ? shares.rows(of: client).reduce(0) { $0 + dataset.texts[$1].count } : shares.rowCount(of: client)
    }

    /// A copy of the client's rows, for as long as they are worked on.
    func rows(of client: Int) -> Dataset { dataset.selecting(shares.rows(of: client)) }
}

/// Clients that send something else than what they have trained.
struct Liars: Sendable {
    var clients: Set<Int>
    var update: LyingUpdate
}

/// One client: the production machine and, between training and receipt, the body of an update. Nothing else is kept of
/// one that is not selected.
struct VirtualClient: Sendable {
    var machine: ClientMachine
    var body: (digest: String, bytes: [UInt8])?
    /// The update of a masked round until its masks are known, one at most; not in place, so that who is not selected stays small.
    var encoded: [(key: AttemptKey, update: EncodedUpdate)] = []
    /// SCAFFOLD's controls of this client, by the digests that its machine knows.
    var controls: [String: [Float]] = [:]
    /// The digest of the model it ended with; empty when it ended without one.
    var end: String?
    /// The last batch of deliveries it was in.
    var batch: Int32 = 0
}

/// An update at the coordinator's door, with what one of the coordinator's threads finds when it reads the body.
struct Arrival: Sendable {
    var key: AttemptKey
    var digest: [UInt8]
    var wireBytes: Int
    var checked: Result<ValidUpdate, UpdateError>
    /// The body of a masked update; then nothing was checked.
    var masked: [UInt8]?
}

/// What comes of one delivery.
struct Answer: Sendable {
    var frames: [[UInt8]] = []
    var arrival: Arrival?
    var bytesServed: Int64 = 0
}

extension VirtualClient {
    /// Runs the machine's effects until it waits for somebody else.
    mutating func handle(_ event: ClientEvent, _ index: Int, _ common: Common, _ computer: inout LocalComputer) -> Answer {
        var answer = Answer()
        var events = [event]
        while !events.isEmpty {
            for effect in machine.handle(events.removeFirst(), now: common.now) {
                if let next = perform(effect, index, common, &computer, &answer) { events.append(next) }
            }
        }
        return answer
    }

    private mutating func perform(
        _ effect: ClientEffect, _ index: Int, _ common: Common, _ computer: inout LocalComputer, _ answer: inout Answer
    ) -> ClientEvent? {
        switch effect {
        case .connect: return .connected
        case .send(let message):
            // What the codec refuses is not sent, as in production.
            if let frame = try? ControlCodec.encode(message) { answer.frames.append(frame) }
            return nil
        case .fetchModel(let digest, _):
            guard let model = common.model(digest) else { return .modelFetchFailed(digest: digest, reason: "there is no such model") }
            answer.bytesServed += Int64(model.bytes)
            return .modelFetched(digest: digest)
        case .fetchControl(let digest, _):
            guard let file = common.state(digest) else { return .modelFetchFailed(digest: digest, reason: "there is no such control") }
            answer.bytesServed += Int64(file.count)
            return .modelFetched(digest: digest)
        case .train(let start, let own): return train(start, own, index, common, &computer)
        // Whoever runs the whole federation owns every node, and caps none.
        case .pay(let claim): return .paid(claim.key)
        case .drawEntropy(let use):
            return common.secrets.map { .entropy(use, $0.entropy(machine.client, use)) }
        case .mask(let job): return mask(job, index, common)
        case .notice, .warning: return nil
        case .upload(let update, _):
            guard let body, body.digest == update.digest else { return .uploadFailed(update.key, .refused("the body is gone")) }
            answer.arrival = arrival(update.key, body.bytes, common)
            return nil
        case .evaluate(let request):
            guard let model = common.model(hexadecimal(request.modelSHA256)) else { return nil }
            let result = computer.evaluation(model: model.file, dataset: common.rows(of: index))
            return .evaluated(round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows)
        case .discard(let digest):
            if body?.digest == digest { body = nil }
            controls[digest] = nil
            return nil
        case .finished(let outcome):
            if case .completed(let model) = outcome { end = model } else { end = "" }
            return nil
        // The machine itself is what lasts here, and training is not interrupted.
        case .persist, .cancelTraining: return nil
        }
    }

    /// - Parameter own: digest of the client's control; nil: zero.
    private mutating func train(
        _ start: RoundStart, _ own: String?, _ index: Int, _ common: Common, _ computer: inout LocalComputer
    ) -> ClientEvent {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        guard let model = common.model(hexadecimal(start.modelSHA256)) else {
            return .trainingFailed(key, reason: "the model of the round is not here")
        }
        do {
            let before = try initialControls(start, own, common, parameters: model.file.parameters.count)
            func honest(_ rows: Dataset, _ start: RoundStart) throws -> UpdateBody? {
                try computer.update(model: model.file, start: start, dataset: rows, controls: before)
            }
            let rows = common.rows(of: index)
            var made: UpdateBody?
            if let liars = common.liars, liars.clients.contains(index) {
                made = try liars.update(rows, start, honest)
            } else {
                made = try honest(rows, start)
            }
            guard let update = made else { return .trainingFailed(key, reason: "training was given up") }
            if case .maskedUpdate = start.phase { return encode(update, start, common) }
            var control: String?
            if let before {
                let after = LocalComputer.control(after: update, own: before.own)
                let digest = hexadecimal(common.suite.sha256(RoundComputer.encode(delta: after)))
                (controls[digest], control) = (after, digest)
            }
            let bytes = update.encode()
            let digest = hexadecimal(common.suite.sha256(bytes))
            body = (digest, bytes)
            return .trained(key, digest: digest, control: control)
        } catch { return .trainingFailed(key, reason: "\(error)") }
    }

    private mutating func encode(_ update: UpdateBody, _ start: RoundStart, _ common: Common) -> ClientEvent {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        guard let secrets = common.secrets else { return .trainingFailed(key, reason: "there is no secret to round with") }
        do throws(SecureAggregationError) {
            let encoded = try LocalComputer.encoded(update, start, secret: secrets.rounding(machine.client), suite: common.suite)
            self.encoded = [(key, encoded)]
            return .encoded(key)
        } catch { return .trainingFailed(key, reason: error.words) }
    }

    private mutating func mask(_ job: MaskingJob, _ index: Int, _ common: Common) -> ClientEvent? {
        guard let held = encoded.first, held.key == job.key, common.dropped[job.key.round]?.contains(index) != true else { return nil }
        encoded = []
        let bytes = MaskedBody.make(job, held.update, suite: common.suite)
        let digest = hexadecimal(common.suite.sha256(bytes))
        body = (digest, bytes)
        return .masked(job.key, digest: digest)
    }

    private func initialControls(
        _ start: RoundStart, _ own: String?, _ common: Common, parameters: Int
    ) throws(StrategyError) -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        return try LocalComputer.controls(
            start, own: own.flatMap { controls[$0] }, server: common.state(hexadecimal(control.sha256)), parameters: parameters)
    }

    /// The coordinator's part that its threads do: hashing, reading and checking.
    private func arrival(_ key: AttemptKey, _ bytes: [UInt8], _ common: Common) -> Arrival? {
        guard let base = common.models.last else { return nil }
        if common.secrets != nil {
            return Arrival(
                key: key, digest: common.suite.sha256(bytes), wireBytes: bytes.count,
                checked: .failure(.claim(field: "body", issue: "is masked", provided: nil)), masked: bytes)
        }
        let checked = Result { () throws(UpdateError) in
            try ValidUpdate(
                body: bytes, claim: UpdateClaim(round: key.round, attempt: key.attempt), spec: base.file.spec, base: base.digest,
                parameters: base.file.parameters, rule: common.rule)
        }
        return Arrival(key: key, digest: common.suite.sha256(bytes), wireBytes: bytes.count, checked: checked)
    }
}
