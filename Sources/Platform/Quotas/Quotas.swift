package import Federation
package import Storage
internal import Synchronization

/// Why a call is not answered now. All of them are 429 but `crowded`, which is 503.
package enum QuotaError: Error, Sendable, Equatable, CustomStringConvertible {
    case requests(RateDecision)
    /// The tenant has as many operations under way as its tier allows. Not counted as a request.
    case concurrentOperations(limit: Int, used: Int)
    /// No room to count another principal's calls.
    case crowded(retryAfterSeconds: Int)

    package var description: String {
        switch self {
        case .requests(let decision): "All \(decision.limit) requests of this hour are used; ask again in \(decision.retryAfterSeconds) s."
        case .concurrentOperations(let limit, _): "The tenant has \(limit) operations under way, as many as its tier allows; ask again when one has ended."
        case .crowded(let seconds): "Too many principals call at once; ask again in \(seconds) s."
        }
    }

    /// `quota_type` of the document.
    package var quotaType: String {
        switch self {
        case .requests, .crowded: "requests_per_hour"
        case .concurrentOperations: "concurrent_operations"
        }
    }

    package var retryAfterSeconds: Int {
        switch self {
        case .requests(let decision): decision.retryAfterSeconds
        case .concurrentOperations: QuotaLimits.operationRetrySeconds
        case .crowded(let seconds): seconds
        }
    }
}

/// Counts calls and operations. Calls are counted in memory and written about once a second and at the end; what a crash
/// forgets is what was counted since the last write.
package actor Quotas {
    private let store: any QuotaStore
    /// Not the actor's either: every call asks it, and nobody waits for a call that only counts.
    private nonisolated let limiter: Mutex<RateLimiter>
    /// Not the actor's, so that an operation can be ended where nobody waits.
    private nonisolated let operations = Mutex(ConcurrencyLimit())
    /// Writes go one after the other: an older count must not come to lie over a newer.
    private var lastWrite: Task<Result<Void, StorageError>, Never>?

    private init(store: any QuotaStore, limiter: RateLimiter) {
        self.store = store
        self.limiter = Mutex(limiter)
    }

    /// Goes on with the windows that were written.
    package static func open(store: any QuotaStore, now: Instant, windowsMax: Int = QuotaLimits.windows) async throws(StorageError) -> Quotas {
        var limiter = RateLimiter(windowsMax: windowsMax)
        limiter.restore(try await store.quotaWindows(), now: now)
        return Quotas(store: store, limiter: limiter)
    }

    // MARK: Calls

    /// Counts a call.
    /// - Parameter limit: calls an hour, of the plan that holds at this moment.
    /// - Returns: a decision that may be a refusal, for the headers are the same.
    /// - Throws: only `crowded`.
    package nonisolated func take(_ subject: QuotaSubject, limit: Int, now: Instant) throws(QuotaError) -> RateDecision {
        let (decision, wait) = limiter.withLock { limiter in
            let decision = limiter.take(subject, limit: limit, now: now)
            return (decision, decision == nil ? limiter.roomAfterSeconds(now) : 0)
        }
        guard let decision else { throw .crowded(retryAfterSeconds: wait) }
        return decision
    }

    /// For the headers of replies that are not counted.
    package nonisolated func look(_ subject: QuotaSubject, limit: Int, now: Instant) -> RateDecision {
        limiter.withLock { $0.look(subject, limit: limit, now: now) }
    }

    // MARK: Operations

    /// `end` must follow.
    /// - Throws: `concurrentOperations`.
    package nonisolated func begin(tenant: String, limit: Int) throws(QuotaError) -> ConcurrencyLimit.Operation {
        let begun = operations.withLock { operations in (operations.begin(tenant, limit: limit), operations.count(tenant)) }
        guard let operation = begun.0 else { throw .concurrentOperations(limit: max(0, limit), used: begun.1) }
        return operation
    }

    package nonisolated func end(_ operation: ConcurrencyLimit.Operation) { operations.withLock { $0.end(operation) } }

    package nonisolated func operationsUnderWay(tenant: String) -> Int { operations.withLock { $0.count(tenant) } }

    /// Runs `work` as one operation of the tenant, or not at all.
    package nonisolated func withOperation<Value: Sendable, Failure: Error>(
        tenant: String, limit: Int, _ work: @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Result<Value, QuotaError> {
        let operation: ConcurrencyLimit.Operation
        do { operation = try begin(tenant: tenant, limit: limit) } catch { return .failure(error) }
        defer { end(operation) }
        return .success(try await work())
    }

    // MARK: Writing

    /// Writes what was counted until now. What could not be written is tried again next time.
    package func write() async throws(StorageError) {
        let before = lastWrite
        let task = Task {
            _ = await before?.value
            return await self.writeChanges()
        }
        lastWrite = task
        try await task.value.get()
    }

    private func writeChanges() async -> Result<Void, StorageError> {
        let parts = limiter.withLock { $0.drain() }
        for (index, part) in parts.enumerated() {
            do throws(StorageError) { try await store.storeQuotaWindows(part.windows, removing: part.dropped) } catch {
                limiter.withLock { $0.putBack(parts[index...]) }
                return .failure(error)
            }
        }
        return .success(())
    }

    /// Writes about once a second until the task is cancelled, and then once more.
    /// - Parameter failed: called for each write that fails.
    package nonisolated func run(everySeconds: Double = QuotaLimits.writeSeconds, failed: @escaping @Sendable (StorageError) -> Void) async {
        repeat {
            try? await Task.sleep(for: .seconds(everySeconds))
            do { try await write() } catch { failed(error) }
        } while !Task.isCancelled
    }
}
