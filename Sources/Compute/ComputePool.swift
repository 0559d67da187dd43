import Foundation

/// Threads for work that takes longer than an event loop or a cooperative task may be held up: training, validation,
/// aggregation. Jobs start in the order in which they were handed in.
package final class ComputePool: Sendable {
    private let queue = JobQueue()

    /// - Parameter threads: at least 1.
    package init(threads: Int, name: String) {
        for index in 0..<max(1, threads) {
            let thread = Thread { [queue] in
                while let job = queue.next() { job() }
            }
            thread.name = "\(name)-\(index)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    deinit { queue.close() }

    /// Hands `work` in and does not wait for it.
    package func start(_ work: @escaping @Sendable () -> Void) { queue.add(work) }

    /// Runs `work` on one of the pool's threads and gives its result.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.add { continuation.resume(returning: work()) }
        }
    }

    /// Runs throwing `work` on one of the pool's threads.
    package func run<Value: Sendable, Failure: Error>(
        throwing work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await run { () -> Swift.Result<Value, Failure> in
            do throws(Failure) { return .success(try work()) } catch { return .failure(error) }
        }.get()
    }
}

private final class JobQueue: @unchecked Sendable {
    // Guarded by `condition`.
    private var jobs: [@Sendable () -> Void] = []
    private var head = 0
    private var closed = false
    private let condition = NSCondition()

    func add(_ job: @escaping @Sendable () -> Void) {
        condition.lock()
        jobs.append(job)
        condition.signal()
        condition.unlock()
    }

    /// nil once the pool is gone and nothing is left to do.
    func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while head == jobs.count {
            if closed { return nil }
            condition.wait()
        }
        let job = jobs[head]
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        }
        return job
    }

    func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }
}
