internal import Compute
package import Inference
internal import Synchronization
internal import Telemetry

extension ModelRuntime {
    /// What runs together on one thread.
    private struct Run: Sendable {
        let model: any RunnableModel
        let record: ServableModel
        let instance: Int
        let requests: [(request: WaitingRequest, pending: Pending)]
    }

    /// A model's answer. It keeps the model that it found: one that is loaded in its place meanwhile answers the next.
    ///
    /// - Parameter inputs: each of the model's, by name; of a batched model all with the same rows.
    package func infer(
        _ id: String, tenant: String, _ inputs: [NamedTensor], _ options: InferenceOptions = InferenceOptions()
    ) async throws(RuntimeError) -> InferenceAnswer {
        if let (upstream, model) = upstreams?.tensorModel(id) { return try await infer(upstream, model, tenant: tenant, inputs) }
        let key = ModelKey(tenant: tenant, id: id)
        let found: (instance: Int, loaded: Loaded)? = state.withLock { state in
            guard let instance = state.board.enter(key) else { return nil }
            guard let loaded = state.loaded[instance] else {
                _ = state.board.exit(instance)
                return nil
            }
            return (instance, loaded)
        }
        guard let (instance, loaded) = found else { throw .notLoaded(id) }
        defer { leave(instance) }
        let rows: Int
        do throws(RuntimeError) { rows = try checked(inputs, loaded.model) } catch {
            refuse(instance, loaded.record, "refused")
            throw error
        }
        let now = Self.nanoseconds()
        let wait = min(max(0, options.batchWaitMicroseconds), RuntimeLimits.batchWaitMicroseconds)
        let deadline = min(max(0, options.deadlineSeconds), RuntimeLimits.deadlineSeconds)
        let request = WaitingRequest(
            id: state.withLock { state in
                defer { state.nextID += 1 }
                return state.nextID
            }, key: BatchKey(instance: instance, inputs), rows: rows, priority: options.priority,
            batchRows: loaded.model.isBatched ? min(options.batchRows, RuntimeLimits.batchRows) : rows, batchWait: UInt64(wait) * 1000, arrivedAt: now,
            deadline: now &+ UInt64(deadline * 1e9))
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { done in add(request, Pending(inputs: inputs, startedAt: now, seconds: deadline, done: done)) }
        } onCancel: {
            cancel(request.id)
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let error):
            refuse(instance, loaded.record, outcome(error))
            throw error
        }
    }

    private func checked(_ inputs: [NamedTensor], _ model: any RunnableModel) throws(RuntimeError) -> Int {
        do throws(InferenceError) {
            try model.inputs.check(inputs)
            guard inputs.reduce(0, { $0 + $1.tensor.count }) <= RuntimeLimits.elements else {
                throw .unsupported("At most \(RuntimeLimits.elements) values are taken at a time")
            }
            guard model.isBatched else { return 1 }
            guard let rows = inputs.rows else { throw .unsupported("The inputs have not all the same number of rows") }
            guard (1...RuntimeLimits.rows).contains(rows) else {
                throw .input(name: inputs.first?.name ?? "", problem: "must have 1 to \(RuntimeLimits.rows) rows, not \(rows)")
            }
            return rows
        } catch { throw .inference(error) }
    }

    private func add(_ request: WaitingRequest, _ pending: Pending) {
        let (refused, given): (Pending?, Pending?) = state.withLock { state in
            switch state.queue.add(request) {
            case .queued: break
            case .full: return (pending, nil)
            case .insteadOf(let other):
                state.pending[request.id] = pending
                return (nil, state.pending.removeValue(forKey: other))
            }
            state.pending[request.id] = pending
            return (nil, nil)
        }
        for shed in [refused, given] { shed?.done.resume(returning: .failure(.busy(waiting: settings.waiting))) }
        // A call that was given up before it stood in the queue.
        if Task.isCancelled { cancel(request.id) }
        pump()
    }

    private func cancel(_ id: UInt64) {
        let pending: Pending? = state.withLock { state in state.queue.remove(id) ? state.pending.removeValue(forKey: id) : nil }
        pending?.done.resume(returning: .failure(.cancelled))
    }

    /// Gives every free thread something to do, and has itself called again when there will be more.
    private func pump() {
        while true {
            let now = Self.nanoseconds()
            let (late, run): ([Pending], Run?) = state.withLock { state in
                let late = state.queue.expired(at: now).compactMap { state.pending.removeValue(forKey: $0) }
                var next: UInt64?
                var run: Run?
                if state.busy < settings.threads {
                    switch state.queue.next(at: now) {
                    case .empty: break
                    case .wait(let until): next = until
                    case .run(let requests): run = begin(requests, &state)
                    }
                }
                if run == nil { schedule([next, state.queue.nextDeadline].compactMap { $0 }.min(), now, &state) }
                return (late, run)
            }
            for pending in late { pending.done.resume(returning: .failure(.late(seconds: pending.seconds))) }
            guard let run else { return }
            pool.start { [self] in execute(run) }
        }
    }

    private func begin(_ requests: [WaitingRequest], _ state: inout State) -> Run? {
        // Whoever waits has its model: it was entered before.
        guard let instance = requests.first?.key.instance, let loaded = state.loaded[instance] else { return nil }
        state.busy += 1
        return Run(
            model: loaded.model, record: loaded.record, instance: instance,
            requests: requests.compactMap { request in state.pending.removeValue(forKey: request.id).map { (request, $0) } })
    }

    private func schedule(_ time: UInt64?, _ now: UInt64, _ state: inout State) {
        guard let time, time < state.timerAt ?? .max else { return }
        state.timerAt = time
        Task { [weak self] in
            try? await Task.sleep(for: .nanoseconds(Int64(clamping: time > now ? time - now : 0)))
            self?.state.withLock { if $0.timerAt == time { $0.timerAt = nil } }
            self?.pump()
        }
    }

    private func execute(_ run: Run) {
        let (begin, processor) = (Self.nanoseconds(), Self.processorSeconds())
        let results = outputs(of: run)
        let end = Self.nanoseconds()
        let seconds = Double(end &- begin) / 1e9
        let used = Self.processorSeconds() - processor
        let rows = run.requests.reduce(0) { $0 + $1.request.rows }
        let labels = labels(run.record)
        metrics.add(ModelMetric.runs, labels)
        metrics.add(ModelMetric.rows, labels, Double(rows))
        metrics.add(ModelMetric.processorSeconds, labels, max(0, used))
        state.withLock { state in
            state.busy -= 1
            state.loaded[run.instance]?.use.ran(rows: rows, seconds: seconds, processorSeconds: used)
            for ((_, pending), result) in zip(run.requests, results) {
                guard case .success = result else { continue }
                state.loaded[run.instance]?.use.answered(seconds: Double(end &- pending.startedAt) / 1e9, at: Double(end) / 1e9)
            }
        }
        for ((_, pending), result) in zip(run.requests, results) {
            let waited = Double(end &- pending.startedAt) / 1e9
            if case .success = result {
                metrics.observe(ModelMetric.answers, labels, seconds: waited)
                metrics.add(ModelMetric.requests, labels + [("outcome", "answered")])
            }
            pending.done.resume(
                returning: result.map { InferenceAnswer(outputs: $0, model: run.record, seconds: waited, runSeconds: seconds, runRows: rows) })
        }
        pump()
    }

    /// To each request its own outputs. What fails together is tried alone: nobody fails because of another's input.
    private func outputs(of run: Run) -> [Result<[NamedTensor], RuntimeError>] {
        if run.requests.count > 1, let inputs = joined(run.requests.map(\.pending.inputs)), let outputs = try? run.model.run(inputs),
            let parts = parted(outputs, rows: run.requests.map(\.request.rows))
        {
            return parts.map { .success($0) }
        }
        return run.requests.map { one in
            do throws(InferenceError) { return .success(try run.model.run(one.pending.inputs)) } catch { return .failure(.inference(error)) }
        }
    }

    private func leave(_ instance: Int) {
        state.withLock { state in for number in state.board.exit(instance) { state.loaded[number] = nil } }
    }

    private func refuse(_ instance: Int, _ record: ServableModel, _ outcome: String) {
        state.withLock { $0.loaded[instance]?.use.refused(at: Self.now) }
        metrics.add(ModelMetric.requests, labels(record) + [("outcome", outcome)])
    }

    private func outcome(_ error: RuntimeError) -> String {
        switch error {
        case .busy: "shed"
        case .late: "late"
        case .cancelled: "cancelled"
        default: "refused"
        }
    }
}
