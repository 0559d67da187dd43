internal import Compute
internal import Inference
internal import Synchronization
internal import Telemetry

extension ModelRuntime {
    package enum LoadAnswer: Sendable, Equatable {
        /// It answers already.
        case ready
        /// - Parameter estimatedSeconds: by the rate of the last load; nil before the first.
        case loading(estimatedSeconds: Double?)
        /// Its file is on its way; it is loaded when that is there.
        case awaiting(why: String)
    }

    /// Begins to load a model, and does not wait for it.
    /// - Parameters:
    ///   - again: also where it is ready: the one that is there answers until the new one does.
    ///   - actor: who has to answer for it.
    package func load(_ id: String, tenant: String, again: Bool = false, actor: String) async throws(RuntimeError) -> LoadAnswer {
        if let (upstream, _) = upstreams?.tensorModel(id) {
            // Its server loads it or does not.
            do throws(UpstreamFailure) { try await upstream.expectAnswers(id) } catch { throw .upstream(error) }
            return .ready
        }
        let key = ModelKey(tenant: tenant, id: id)
        let record: ServableModel
        do { record = try await source.model(id, tenant: tenant) } catch {
            if case .notReady(_, let why) = error {
                await awaitFile(key, why, actor)
                return .awaiting(why: why)
            }
            throw .model(error)
        }
        let decode = try decoders.decoder(of: record)
        let (decision, rate) = state.withLock { state in
            let decision = state.board.load(key, fileBytes: record.bytes, again: again)
            if case .begin = decision { state.failures[key] = nil }
            return (decision, state.bytesPerSecond)
        }
        switch decision {
        case .ready: return .ready
        case .loading: break
        case .begin(let number): Task { await self.finishLoad(number, record, decode, actor) }
        case .noRoom(let needed, let free, let budget): throw .noRoom(neededBytes: needed, freeBytes: free, budgetBytes: budget)
        case .tooMany(let limit): throw .tooManyModels(limit: limit)
        }
        return .loading(estimatedSeconds: rate.map { Double(record.bytes) / $0 })
    }

    /// Loads a model, unless it is there, and waits until it answers.
    package func loadNow(_ id: String, tenant: String, again: Bool = false, actor: String) async throws(RuntimeError) {
        switch try await load(id, tenant: tenant, again: again, actor: actor) {
        case .ready: return
        case .awaiting(let why): throw .model(.notReady(id: id, why: why))
        case .loading: break
        }
        let key = ModelKey(tenant: tenant, id: id)
        let failure = await withCheckedContinuation { continuation in
            let known: RuntimeError?? = state.withLock { state in
                if let number = state.board.loading(key) {
                    state.loadWaiters[number, default: []].append(continuation)
                    return nil
                }
                // It ended before anybody could wait for it.
                return .some(state.board.ready(key) != nil ? nil : state.failures[key] ?? .unwanted(id))
            }
            if let known { continuation.resume(returning: known) }
        }
        if let failure { throw failure }
    }

    /// - Returns: false: it was not in memory.
    package func unload(_ id: String, tenant: String, actor: String) async throws(RuntimeError) -> Bool {
        if let (upstream, _) = upstreams?.tensorModel(id) { throw .notOurs(id: id, upstream: upstream.server.backend) }
        let key = ModelKey(tenant: tenant, id: id)
        let (was, waiters, isGone) = state.withLock { state in
            state.awaited[key] = nil
            let record = state.board.ready(key).flatMap { state.loaded[$0]?.record }
            let loading = state.board.loading(key)
            let gone = state.board.unload(key)
            for number in gone ?? [] { state.loaded[number] = nil }
            return (record, loading.flatMap { state.loadWaiters.removeValue(forKey: $0) } ?? [], gone != nil)
        }
        for waiter in waiters { waiter.resume(returning: .unwanted(id)) }
        measureMemory()
        if let was {
            await told(.unloaded(was), actor)
        } else if !isGone {
            // Whether there is such a model at all.
            do { _ = try await source.model(id, tenant: tenant) } catch { throw .model(error) }
        }
        return isGone
    }

    private func finishLoad(_ number: Int, _ record: ServableModel, _ decode: @escaping ModelDecoders.Decode, _ actor: String) async {
        let begin = Self.now
        let key = ModelKey(tenant: record.tenant, id: record.id)
        let made: Result<any RunnableModel, RuntimeError>
        do throws(ModelFailure) {
            let bytes = try await source.bytes(of: record)
            made = await loading.run {
                do { return .success(try decode(bytes)) } catch { return .failure(Self.failure(error, record)) }
            }
        } catch { made = .failure(.model(error)) }
        let seconds = Self.now - begin
        var failure: RuntimeError?
        let waiters = state.withLock { state in
            switch made {
            case .failure(let error):
                state.board.failed(number)
                failure = error
            case .success(let model):
                switch state.board.loaded(number, bytes: model.memoryBytes) {
                case .ready(let gone):
                    for old in gone { state.loaded[old] = nil }
                    state.loaded[number] = Loaded(model: model, record: record, use: ModelUse(loadedAt: Self.now))
                    if seconds > 0, record.bytes > 0 { state.bytesPerSecond = Double(record.bytes) / seconds }
                case .noRoom(let needed, let free, let budget):
                    failure = .noRoom(neededBytes: needed, freeBytes: free, budgetBytes: budget)
                case .unwanted: failure = .unwanted(record.id)
                }
            }
            if let failure, state.board.phase(key) != .ready { state.keep(failure, of: key) }
            return state.loadWaiters.removeValue(forKey: number) ?? []
        }
        measureMemory()
        if failure == nil, case .success(let model) = made {
            metrics.observe(ModelMetric.loads, labels(record), seconds: seconds)
            await told(.loaded(record, seconds: seconds, memoryBytes: model.memoryBytes), actor)
        }
        for waiter in waiters { waiter.resume(returning: failure) }
    }

    private static func failure(_ error: any Error, _ record: ServableModel) -> RuntimeError {
        switch error {
        case let error as RuntimeError: error
        case let error as ModelFailure: .model(error)
        case InferenceError.unsupported(let what): .model(.unsupported(id: record.id, why: what))
        default: .unreadable("\(error)")
        }
    }

    /// Looks for the file now and then, until it is there, is refused, or was waited for long enough.
    private func awaitFile(_ key: ModelKey, _ why: String, _ actor: String) async {
        let isNew = state.withLock { state in state.awaited.updateValue(why, forKey: key) == nil }
        guard isNew else { return }
        let (poll, most) = (settings.fetchPollSeconds, settings.fetchSeconds)
        Task { [weak self] in
            var waited = 0.0
            while waited < most {
                try? await Task.sleep(for: .seconds(poll))
                waited += poll
                guard let self, self.state.withLock({ $0.awaited[key] != nil }) else { return }
                do throws(ModelFailure) { _ = try await self.source.model(key.id, tenant: key.tenant) } catch {
                    if case .notReady = error { continue }
                }
                self.state.withLock { _ = $0.awaited.removeValue(forKey: key) }
                // Whatever is wrong with it now stands in its state.
                do throws(RuntimeError) { _ = try await self.load(key.id, tenant: key.tenant, actor: actor) } catch {
                    self.state.withLock { $0.keep(error, of: key) }
                }
                return
            }
            self?.state.withLock { _ = $0.awaited.removeValue(forKey: key) }
        }
    }

    func labels(_ record: ServableModel) -> [(String, String)] { [("tenant", record.tenant), ("model", record.id)] }

    private func measureMemory() { metrics.set(ModelMetric.memory, [], Double(state.withLock { $0.board.usedBytes })) }
}

extension ModelRuntime.State {
    /// Where there are too many reasons, the older ones are forgotten: their models are merely not loaded.
    mutating func keep(_ failure: RuntimeError, of key: ModelKey) {
        if failures.count >= RuntimeLimits.failures, failures[key] == nil { failures.removeAll() }
        failures[key] = failure
    }
}
