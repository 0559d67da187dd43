internal import Compute
internal import Inference
internal import Platform
internal import Synchronization
internal import Telemetry

/// One server of others: whether it answers, how many calls it has, and what was measured of them.
package final class Upstream: Sendable {
    /// What is known of a model of it.
    package enum Condition: Sendable, Equatable {
        case available
        /// Its server says that it is not ready.
        case loading
        /// Why, in our words.
        case unavailable(String)
    }

    struct State {
        var conditions: [String: Condition] = [:]
        var contexts: [String: Int] = [:]
        var metadata: [String: InferenceMetadata] = [:]
        var probedAt: Double?
        var probing: Task<Void, Never>?
        var calls = 0
        var uses: [String: ModelUse] = [:]
    }

    package let server: UpstreamServer
    let state: Mutex<State>
    let metrics: Metrics
    private let transport: any UpstreamTransport
    private let pool: ComputePool

    init(_ server: UpstreamServer, _ transport: any UpstreamTransport, _ pool: ComputePool, _ metrics: Metrics) {
        (self.server, self.transport, self.pool, self.metrics) = (server, transport, pool, metrics)
        var state = State()
        for model in server.models { state.uses[model.id] = ModelUse(loadedAt: ModelRuntime.now) }
        self.state = Mutex(state)
    }

    // MARK: What is known

    /// As of the last look, which is at most `UpstreamLimits.probeSeconds` old when this returns.
    package func condition(_ id: String) async -> Condition {
        await probe()
        return known(id)
    }

    /// As of the last look, however old.
    package func known(_ id: String) -> Condition { state.withLock { $0.conditions[id] } ?? .unavailable("it was not looked for yet") }

    /// - Throws: `absent`.
    func expectAnswers(_ id: String) async throws(UpstreamFailure) {
        switch await condition(id) {
        case .available: return
        case .loading: throw UpstreamFailure(server.name, .absent(why: "it is not ready yet"))
        case .unavailable(let why): throw UpstreamFailure(server.name, .absent(why: why))
        }
    }

    func metadata(_ id: String) -> InferenceMetadata? { state.withLock { $0.metadata[id] } }
    func context(_ id: String) -> Int? { state.withLock { $0.contexts[id] } }
    func use(_ id: String) -> ModelUse? { state.withLock { $0.uses[id] } }

    /// Asks the server unless that was done a moment ago; whoever comes meanwhile waits for the same answer.
    package func probe() async {
        let now = ModelRuntime.now
        let running: Task<Void, Never>? = state.withLock { state in
            if let running = state.probing { return running }
            if let at = state.probedAt, now - at < UpstreamLimits.probeSeconds { return nil }
            let task = Task { await self.look() }
            state.probing = task
            return task
        }
        await running?.value
    }

    private func look() async {
        var found = State()
        switch server.kind {
        case .openAI: await lookAtTextModels(&found)
        case .openInference: await lookAtTensorModels(&found)
        }
        let isThere = found.conditions.values.contains(.available)
        metrics.set(UpstreamMetric.available, [("upstream", server.name)], isThere ? 1 : 0)
        state.withLock { [found] state in
            (state.conditions, state.contexts, state.metadata) = (found.conditions, found.contexts, found.metadata)
            (state.probedAt, state.probing) = (ModelRuntime.now, nil)
        }
    }

    private func lookAtTextModels(_ found: inout State) async {
        let listed: ListedTextModels
        do throws(UpstreamFailure) {
            listed = try await parsed(try await asked(ListedTextModels.request)) { bytes throws(UpstreamReplyError) in try ListedTextModels(parsing: bytes) }
        } catch { return server.models.forEach { found.conditions[$0.id] = Self.condition(error) } }
        for model in server.models {
            guard let context = listed.contexts[model.name] else {
                found.conditions[model.id] = .unavailable("its server does not list it")
                continue
            }
            found.conditions[model.id] = .available
            found.contexts[model.id] = context
        }
    }

    private func lookAtTensorModels(_ found: inout State) async {
        do throws(UpstreamFailure) { _ = try await asked(InferenceCalls.ready) } catch {
            return server.models.forEach { found.conditions[$0.id] = Self.condition(error) }
        }
        for model in server.models {
            do throws(UpstreamFailure) {
                _ = try await asked(InferenceCalls.isReady(model.name, version: model.version))
                let bytes = try await asked(InferenceCalls.metadata(model.name, version: model.version))
                let metadata = try await parsed(bytes) { bytes throws(UpstreamReplyError) in try InferenceMetadata(parsing: bytes, model: model.name) }
                found.metadata[model.id] = metadata
                found.conditions[model.id] = metadata.unsupported.map { .unavailable($0) } ?? .available
            } catch { found.conditions[model.id] = Self.condition(error) }
        }
    }

    private static func condition(_ failure: UpstreamFailure) -> Condition {
        switch failure.kind {
        // Servers that load a model say so with 503; one that is not ready is 400 to some of them.
        case .overloaded, .refused: .loading
        default: .unavailable("its server \(failure.problem)")
        }
    }

    /// One call of a probe: it counts neither as a call nor against their limit.
    private func asked(_ request: UpstreamRequest) async throws(UpstreamFailure) -> [UInt8] {
        try await exchange(request, seconds: UpstreamLimits.probeTimeoutSeconds, bytes: UpstreamLimits.probeBytes)
    }

    // MARK: Calls

    /// Asks a model, and reads the whole answer.
    func ask<Value: Sendable>(
        _ id: String, _ request: UpstreamRequest, _ read: @escaping @Sendable ([UInt8]) throws(UpstreamReplyError) -> Value
    ) async throws(UpstreamFailure) -> Value {
        try await counted(id) { () async throws(UpstreamFailure) in
            try await self.parsed(try await self.exchange(request, seconds: self.server.seconds, bytes: self.server.replyBytes), read)
        }
    }

    /// Asks a model, and reads the answer while it comes.
    /// - Parameter piece: of the text, in order; on a thread that must not wait.
    func stream(
        _ id: String, _ request: UpstreamRequest, isChat: Bool, piece: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(UpstreamFailure) -> TextAnswer {
        try await counted(id) { () async throws(UpstreamFailure) in
            let reader = Mutex(TextStream(isChat: isChat))
            try await self.exchange(request, seconds: self.server.seconds, bytes: self.server.replyBytes) { bytes in
                for text in try reader.withLock({ try $0.add(bytes) }) { piece(Array(text.utf8)) }
            }
            do throws(UpstreamReplyError) { return try reader.withLock { reader throws(UpstreamReplyError) in try reader.end() } } catch {
                throw UpstreamFailure(self.server.name, .reply(problem: error.problem))
            }
        }
    }

    private func counted<Value>(_ id: String, _ call: () async throws(UpstreamFailure) -> Value) async throws(UpstreamFailure) -> Value {
        let began = ModelRuntime.now
        do throws(UpstreamFailure) {
            try enter()
            defer { state.withLock { $0.calls -= 1 } }
            let value = try await call()
            let seconds = ModelRuntime.now - began
            state.withLock { $0.uses[id]?.answered(seconds: seconds, at: ModelRuntime.now) }
            metrics.observe(UpstreamMetric.seconds, [("upstream", server.name)], seconds: seconds)
            count("answered")
            return value
        } catch {
            state.withLock { state in
                state.uses[id]?.refused(at: ModelRuntime.now)
                // What was seen now is newer than the last look.
                if error.kind == .unreachable { state.conditions[id] = Self.condition(error) }
            }
            count(error.outcome)
            throw error
        }
    }

    private func count(_ outcome: String) { metrics.add(UpstreamMetric.requests, [("upstream", server.name), ("outcome", outcome)]) }

    private func enter() throws(UpstreamFailure) {
        let isFree = state.withLock { state in
            guard state.calls < server.concurrent else { return false }
            state.calls += 1
            return true
        }
        guard isFree else { throw UpstreamFailure(server.name, .busy(limit: server.concurrent)) }
    }

    private func parsed<Value: Sendable>(
        _ bytes: [UInt8], _ read: @escaping @Sendable ([UInt8]) throws(UpstreamReplyError) -> Value
    ) async throws(UpstreamFailure) -> Value {
        do { return try await pool.run(throwing: { () throws(UpstreamReplyError) in try read(bytes) }) } catch {
            throw UpstreamFailure(server.name, .reply(problem: error.problem))
        }
    }

    private func exchange(_ request: UpstreamRequest, seconds: Double, bytes: Int) async throws(UpstreamFailure) -> [UInt8] {
        let collected = Mutex<[UInt8]>([])
        try await exchange(request, seconds: seconds, bytes: bytes) { part in collected.withLock { $0 += part } }
        return collected.withLock { $0 }
    }

    /// - Parameter receive: bytes of an answer with status 200, and of no other. It may throw `UpstreamReplyError`.
    private func exchange(
        _ request: UpstreamRequest, seconds: Double, bytes: Int, receive: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(UpstreamFailure) {
        let name = server.name
        // What ended the exchange from our side: the transport says only that something did.
        let reason = Mutex<UpstreamFailure?>(nil)
        @Sendable func ended(_ failure: UpstreamFailure) -> UpstreamFailure {
            reason.withLock { $0 = failure }
            return failure
        }
        do throws(EgressError) {
            try await transport.send(request, seconds: seconds, bytes: bytes) { status in
                if let failure = UpstreamFailure(name, status: status) { throw ended(failure) }
            } receive: { part in
                do { try receive(part) } catch {
                    throw ended(UpstreamFailure(name, .reply(problem: (error as? UpstreamReplyError)?.problem ?? "it cannot be read")))
                }
            }
        } catch {
            if let failure = reason.withLock({ $0 }) { throw failure }
            if Task.isCancelled { throw UpstreamFailure(name, .cancelled) }
            switch error {
            case .timeout: throw UpstreamFailure(name, .late(seconds: seconds))
            case .tooLarge(let limit): throw UpstreamFailure(name, .reply(problem: "it is longer than \(limit) bytes"))
            case .answer: throw UpstreamFailure(name, .reply(problem: "it is no HTTP, or broke off"))
            case .url, .refused, .unresolved, .connection, .tls: throw UpstreamFailure(name, .unreachable)
            }
        }
    }
}

extension UpstreamFailure {
    /// As it is counted.
    fileprivate var outcome: String {
        switch kind {
        case .unreachable: "unreachable"
        case .late: "late"
        case .busy: "busy"
        case .overloaded: "overloaded"
        case .credentials: "credentials"
        case .model, .refused: "refused"
        case .failed: "failed"
        case .reply: "bad_reply"
        case .cancelled: "cancelled"
        case .absent: "absent"
        }
    }
}

/// What is counted of servers of others, under which names.
package enum UpstreamMetric {
    /// A counter with labels `upstream` and `outcome`.
    package static let requests = "tutti_upstream_requests_total"
    /// Durations of calls that were answered, with label `upstream`.
    package static let seconds = "tutti_upstream_seconds"
    /// A gauge with label `upstream`: 1 where one of its models answers.
    package static let available = "tutti_upstream_available"

    package static let help = [
        requests: "Calls to servers of others by outcome.", seconds: "From a call to a server of others to the end of its answer.",
        available: "Whether a model of this server answers.",
    ]
}
