internal import Compute
internal import Foundation
package import Inference
internal import Synchronization
package import Telemetry

/// What happened to a model in memory.
package enum ModelFact: Sendable {
    case loaded(ServableModel, seconds: Double, memoryBytes: Int)
    case unloaded(ServableModel)
}

/// What the runtime goes by besides its models.
package struct RuntimeSettings: Sendable {
    /// Of all models' weights.
    package var memoryBytes: Int
    /// That compute; one more decodes files.
    package var threads: Int
    package var waiting = RuntimeLimits.waiting
    /// How long a model whose file is on its way is waited for, and how often it is looked for.
    package var fetchSeconds = 3600.0
    package var fetchPollSeconds = 2.0

    /// - Parameter memoryBytes: nil: a quarter of the machine's.
    package init(memoryBytes: Int? = nil, threads: Int = 1) {
        self.threads = threads
        self.memoryBytes = memoryBytes ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 4)
    }
}

/// Models in memory that answer. What may be loaded and who is next say `ModelBoard` and `RequestQueue`; here are the threads, the clock
/// and the lock around both.
package final class ModelRuntime: Sendable {
    struct Loaded {
        let model: any RunnableModel
        let record: ServableModel
        var use: ModelUse
    }

    struct Pending {
        let inputs: [NamedTensor]
        let startedAt: UInt64
        let seconds: Double
        let done: CheckedContinuation<Result<InferenceAnswer, RuntimeError>, Never>
    }

    struct State {
        var board: ModelBoard
        var queue: RequestQueue
        var loaded: [Int: Loaded] = [:]
        var pending: [UInt64: Pending] = [:]
        var loadWaiters: [Int: [CheckedContinuation<RuntimeError?, Never>]] = [:]
        /// Why the last load of a key failed; until the next one begins.
        var failures: [ModelKey: RuntimeError] = [:]
        /// Whose file is on its way.
        var awaited: [ModelKey: String] = [:]
        var busy = 0
        var timerAt: UInt64?
        var nextID: UInt64 = 1
        /// Of the last load.
        var bytesPerSecond: Double?
    }

    let state: Mutex<State>
    let source: any ModelSource
    let upstreams: Upstreams?
    let decoders: ModelDecoders
    let settings: RuntimeSettings
    package let metrics: Metrics
    let pool: ComputePool
    let loading = ComputePool(threads: 1, name: "models")
    let told: @Sendable (ModelFact, _ actor: String) async -> Void

    /// - Parameters:
    ///   - upstreams: servers of others; nil: none.
    ///   - told: of every model that is ready, and of every one that is unloaded.
    package init(
        source: any ModelSource, upstreams: Upstreams? = nil, settings: RuntimeSettings = RuntimeSettings(), decoders: ModelDecoders = ModelDecoders(),
        metrics: Metrics,
        told: @escaping @Sendable (ModelFact, _ actor: String) async -> Void = { _, _ in }
    ) {
        (self.source, self.upstreams, self.settings, self.decoders, self.metrics, self.told) = (source, upstreams, settings, decoders, metrics, told)
        pool = ComputePool(threads: max(1, settings.threads), name: "inference")
        state = Mutex(State(board: ModelBoard(budgetBytes: settings.memoryBytes), queue: RequestQueue(limit: settings.waiting)))
    }

    // MARK: What is here

    package struct Status: Sendable {
        package var record: ServableModel
        package var state: State
        /// nil while it is not in memory.
        package var use: ModelUse?
        package var memoryBytes: Int?
        package var inputs: [TensorSpec] = []
        package var outputs: [TensorSpec] = []
        package var isBatched = false

        package enum State: Sendable, Equatable {
            /// It may be loaded.
            case available
            case loading
            case ready
            case unloading
            case failed(String)
            /// Nothing here computes it.
            case unsupported
        }
    }

    /// The tenant's models, in memory or not, by id, and behind them those of other servers, which are everybody's.
    package func models(tenant: String) async throws(RuntimeError) -> [Status] {
        let records: [ServableModel]
        do { records = try await source.models(tenant: tenant) } catch { throw .model(error) }
        await upstreams?.probe()
        return state.withLock { state in records.map { status(of: $0, state) } } + (upstreams?.statuses(tenant: tenant) ?? [])
    }

    package func status(_ id: String, tenant: String) async throws(RuntimeError) -> Status {
        if let (upstream, model) = upstreams?.tensorModel(id) {
            await upstream.probe()
            return upstream.status(model, tenant: tenant)
        }
        let record: ServableModel
        do { record = try await source.model(id, tenant: tenant) } catch { throw .model(error) }
        return state.withLock { status(of: record, $0) }
    }

    /// A model that answers, by what lies in memory alone: nobody else is asked. nil: it does not.
    package func answering(_ id: String, tenant: String) -> Status? {
        if let (upstream, model) = upstreams?.tensorModel(id) {
            let status = upstream.status(model, tenant: tenant)
            return status.state == .ready ? status : nil
        }
        return state.withLock { state in
            state.board.ready(ModelKey(tenant: tenant, id: id)).flatMap { state.loaded[$0]?.record }.map { status(of: $0, state) }
        }
    }

    private func status(of record: ServableModel, _ state: State) -> Status {
        let key = ModelKey(tenant: record.tenant, id: record.id)
        var status = Status(record: record, state: decoders.isRunnable(record.format) ? .available : .unsupported)
        switch state.board.phase(key) {
        case .ready: status.state = .ready
        case .loading: status.state = .loading
        case .unloading: status.state = .unloading
        case nil:
            if state.awaited[key] != nil { status.state = .loading } else if let why = state.failures[key] { status.state = .failed(why.description) }
        }
        if let number = state.board.ready(key), let loaded = state.loaded[number] {
            (status.record, status.use, status.memoryBytes) = (loaded.record, loaded.use, state.board[number]?.bytes)
            (status.inputs, status.outputs, status.isBatched) = (loaded.model.inputs, loaded.model.outputs, loaded.model.isBatched)
        }
        return status
    }

    /// Of the tenant's models in memory, and behind them those of other servers.
    package func ready(tenant: String) -> [ServableModel] {
        state.withLock { state in state.board.ready(tenant: tenant).compactMap { key in state.board.ready(key).flatMap { state.loaded[$0]?.record } } }
            + (upstreams?.statuses(tenant: tenant) ?? []).filter { $0.state == .ready }.map(\.record)
    }

    /// Of the tenant's models that answer the one that was loaded last.
    package func latest(tenant: String) -> ServableModel? {
        state.withLock { state in state.board.ready(tenant: tenant).compactMap { state.board.ready($0) }.max().flatMap { state.loaded[$0]?.record } }
    }

    /// Runs what takes longer than a cooperative task may, such as reading a large file.
    package func aside<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value { await loading.run(work) }

    /// The same of work with numbers. Few of them are worked on at once: to hand them to another thread would take longer.
    package func aside<Value: Sendable>(values: Int, _ work: @escaping @Sendable () -> Value) async -> Value {
        values > RuntimeLimits.valuesAtOnce ? await loading.run(work) : work()
    }

    /// How many models lie in memory and how many requests wait, of all tenants.
    package var load: (models: Int, waiting: Int, usedBytes: Int) { state.withLock { ($0.loaded.count, $0.queue.waiting.count, $0.board.usedBytes) } }

    // MARK: Clocks

    /// Of a clock that never goes back.
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    package static var now: Double { Double(nanoseconds()) / 1e9 }

    /// Of this thread alone.
    static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What is counted of models, under which names.
package enum ModelMetric {
    /// Durations from the question to the answer, with labels `tenant` and `model`.
    package static let answers = "tutti_model_answer_seconds"
    /// A counter, with labels `tenant`, `model` and `outcome` (answered, refused, shed, late, cancelled).
    package static let requests = "tutti_model_requests_total"
    /// Counters of runs, of rows in them and of seconds of the processor, with labels `tenant` and `model`.
    package static let runs = "tutti_model_runs_total"
    package static let rows = "tutti_model_rows_total"
    package static let processorSeconds = "tutti_model_processor_seconds_total"
    /// Durations of loads, with labels `tenant` and `model`.
    package static let loads = "tutti_model_load_seconds"
    /// A gauge: bytes of all models in memory.
    package static let memory = "tutti_model_memory_bytes"

    package static let help = [
        answers: "From a question to a model's answer.", requests: "Questions to models by outcome.", runs: "Runs of models.",
        rows: "Rows that models answered.", processorSeconds: "Time of the processor in runs of models.", loads: "Loads of models.",
        memory: "Weights of the models in memory.",
    ]
}
