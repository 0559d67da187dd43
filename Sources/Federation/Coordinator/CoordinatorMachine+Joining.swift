package import Learning
internal import StrictJSON
internal import Wire

extension CoordinatorMachine {
    mutating func join(_ request: JoinRequest, _ ticket: Ticket, _ now: Instant) -> [CoordinatorEffect] {
        if session.status.isFinal { return [.reply(ticket, .refused(.sessionClosed(session.status)))] }
        // Without a control channel there is no secure aggregation.
        if request.updateTokenHash != nil && (session.spec.requireClientCertificate || session.spec.secureAggregation != nil) {
            return [.reply(ticket, .refused(.certificateRequired))]
        }
        if members[request.client] == nil && members.count >= session.spec.maxClients {
            return [.reply(ticket, .refused(.sessionFull(session.spec.maxClients)))]
        }
        if let refusal = capRefusal(request) { return [.reply(ticket, .refused(refusal))] }
        if let refusal = adopt(request.schema) { return [.reply(ticket, .refused(refusal))] }

        var member = members[request.client] ?? MemberRecord(client: request.client, dataSize: 0, joinedAt: now)
        member.dataSize = request.dataSize
        member.schema = request.schema ?? member.schema
        member.computationCapability = request.computationCapability
        member.networkBandwidth = request.networkBandwidth
        member.maxPrivacyBudget = request.maxPrivacyBudget
        member.dataMinimization = request.dataMinimization
        member.dataset = request.dataset
        member.updateTokenHash = request.updateTokenHash
        remember(member)
        seen(request.client, now)
        if session.status == .initializing { session.status = .waiting }
        let stored: [CoordinatorEffect] = [.persist(.session(session)), .persist(.member(member))]
        let next = proceed(now)
        let answer = CoordinatorEffect.reply(
            ticket, .joined(member, assignedRound: committedRounds + 1, blockedBy: blockers(now)))
        return stored + [answer] + next
    }

    /// The first declared schema decides the session's; the others must agree. nil: accepted.
    private mutating func adopt(_ schema: DataSchema?) -> Refused? {
        guard let schema else { return nil }
        let task = session.spec.task
        if schema.task != task {
            return .schemaDisagrees(
                field: "data_schema.task", session: "\(task.rawValue), \(task.reading)", client: schema.task.rawValue)
        }
        if let ours = session.schema {
            if let (field, mine, theirs) = ours.disagreement(with: schema) {
                return .schemaDisagrees(field: field, session: mine, client: theirs)
            }
            return nil
        }
        if let problem = schema.problem { return Self.unusable(problem, schema) }
        if let model = session.model {
            if model.inputs != schema.inputs {
                return .schemaDisagrees(field: "data_schema.inputs", session: "\(model.inputs)", client: "\(schema.inputs)")
            }
            if model.outputs != schema.outputs {
                return .schemaDisagrees(field: "data_schema.outputs", session: "\(model.outputs)", client: "\(schema.outputs)")
            }
        } else {
            let model = Self.defaultModel(session.spec.modelType, schema)
            if let problem = model.problem { return Self.unusable(problem, schema) }
            session.model = model
            session.modelSource = "schema"
        }
        session.schema = schema
        return nil
    }

    private static func unusable(_ problem: String, _ schema: DataSchema) -> Refused {
        .schemaDisagrees(
            field: "data_schema", session: "no use for this schema (\(problem))",
            client: "\(schema.inputs) inputs, \(schema.outputs) outputs")
    }

    /// For square images of one channel; others need their shape in the request's `model`.
    private static func convolutional(_ schema: DataSchema) -> ModelSpec {
        let side = Int(Double(schema.inputs).squareRoot().rounded())
        return ModelSpec(
            kind: .cnn, layers: [schema.inputs, 64, schema.outputs],
            image: side * side == schema.inputs ? ImageShape(height: side, width: side) : nil,
            convolutions: [ConvolutionSpec(channels: 16, pool: side >= 16 ? 2 : 1), ConvolutionSpec(channels: 32, pool: side >= 2 ? 2 : 1)])
    }

    private static func defaultModel(_ type: SessionSpec.ModelType, _ schema: DataSchema) -> ModelSpec {
        switch type {
        case .neuralNetwork: ModelSpec(kind: .mlp, layers: [schema.inputs, 128, schema.outputs])
        case .linear: ModelSpec(kind: .linear, layers: [schema.inputs, 1])
        case .logisticRegression: ModelSpec(kind: .softmaxRegression, layers: [schema.inputs, schema.outputs])
        case .cnn: convolutional(schema)
        case .languageModel: ModelSpec(transformer: TransformerShape())
        }
    }

    mutating func start(_ ticket: Ticket, _ now: Instant) -> [CoordinatorEffect] {
        guard case .gathering = phase else {
            return [.reply(ticket, .refused(.invalidState("the session is \(session.status.rawValue)")))]
        }
        let effects = begin(now)
        if effects.isEmpty {
            let waits = blockers(now).map { "\($0.what): \($0.have) of \($0.asked)" }.joined(separator: ", ")
            return [.reply(ticket, .refused(.invalidState("the session still waits for \(waits)")))]
        }
        return effects + [.reply(ticket, .done)]
    }

    /// Takes a model to begin from, as it was read from a file that is durable under `digest`. nil: taken.
    package mutating func adopt(initialModel digest: String, _ model: ModelSpec, _ schema: DataSchema) -> Refused? {
        if model.task != session.spec.task {
            return .unfit(field: "initial_model", issue: "is for \(model.task.rawValue); the session is for \(session.spec.task.rawValue)")
        }
        if let wanted = session.model, wanted != model {
            return .unfit(field: "initial_model", issue: "has the model \(model.json.encodedText); the session's is \(wanted.json.encodedText)")
        }
        if let ours = session.schema, let (field, mine, theirs) = ours.disagreement(with: schema) {
            return .unfit(field: "initial_model", issue: "was trained on other data: \(field) is \(theirs) there and \(mine) in this session")
        }
        if session.model == nil { session.modelSource = "initial_model" }
        (session.model, session.schema, session.warmStart) = (model, schema, digest)
        return nil
    }

    mutating func initialModelGiven(
        _ digest: String, _ model: ModelSpec, _ schema: DataSchema, _ ticket: Ticket, _ now: Instant
    ) -> [CoordinatorEffect] {
        guard case .gathering = phase else {
            return [.reply(ticket, .refused(.invalidState("the session is \(session.status.rawValue); its first model is decided")))]
        }
        guard let source = session.spec.initialModel, source.session == nil else {
            return [.reply(ticket, .refused(.invalidState("the session was not created with \"initial_model\": {\"upload\": true}")))]
        }
        if let refusal = adopt(initialModel: digest, model, schema) { return [.reply(ticket, .refused(refusal))] }
        let next = proceed(now)
        return [.persist(.session(session)), .reply(ticket, .done)] + next
    }

    /// Training begins when enough clients with data have joined and the model is known; else no effects.
    mutating func begin(_ now: Instant) -> [CoordinatorEffect] {
        guard trainers.count >= needed.count, let model = session.model else { return [] }
        if session.spec.initialModel != nil && session.warmStart == nil { return [] }
        // A federation of clients that declare nothing trains the model that was asked for, on features as they are.
        let schema = session.schema ?? DataSchema(inputs: model.inputs, outputs: model.outputs, scale: .none, task: model.task)
        session.schema = schema
        session.status = .training
        session.startedAt = now
        if let digest = session.warmStart {
            // Durable already, under its own name: the hash chain begins with it.
            self.model = (digest, 0)
            phase = .selecting(attempt: 1, since: now)
            let next = proceed(now)
            return [.persist(.session(session)), .persist(.initialModel(digest: digest))] + next
        }
        phase = .initialising
        return [.persist(.session(session)), .initialiseModel(model, schema, seed: session.spec.seed)]
    }

    mutating func modelInitialised(_ digest: String, _ now: Instant) -> [CoordinatorEffect] {
        guard case .initialising = phase else { return [] }
        model = (digest, 0)
        phase = .selecting(attempt: 1, since: now)
        return [.persist(.initialModel(digest: digest))] + proceed(now)
    }

    mutating func connected(_ client: String, _ identity: [UInt8], _ now: Instant) -> [CoordinatorEffect] {
        guard members[client] != nil else { return [] }
        presence[client] = Presence(isConnected: true, lastSeen: now, identity: identity)
        refusedDraws[client] = nil
        let told = epochFrames(to: client)
        switch phase {
        case .gathering, .initialising, .selecting, .drawing, .aggregating: return told + proceed(now)
        case .unmasking(let open): return told + missedFrames(client, open)
        case .collecting(let open) where open.secure != nil: return told + missedFrames(client, open)
        case .collecting(let open):
            guard open.record.cohort.hasSorted(client), open.contributions[client] == nil, !open.failed.contains(client) else {
                return []
            }
            return [.send(.roundStart(roundStart(open.record, client)), to: client)]
        case .evaluating(let deadline, let reports, _):
            guard reports[client] == nil, let request = evaluationRequest(deadline) else { return [] }
            return [.send(.evaluate(request), to: client)]
        case .ended:
            return [.send(.sessionEnded(ended), to: client)]
        }
    }
}
