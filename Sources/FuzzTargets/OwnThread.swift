internal import Foundation

/// Runs what is asynchronous to its end on the thread that asks. Targets are plain functions, and a thread of the shared pool that
/// waited for the others would wait for ever where there are few.
final class OwnThread: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    private func next() -> UnownedJob {
        condition.withLock {
            while jobs.isEmpty { condition.wait() }
            return jobs.removeFirst()
        }
    }

    private final class Box<Value: Sendable>: @unchecked Sendable {
        var result: Result<Value, any Error>?
    }

    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let (thread, box) = (OwnThread(), Box<Value>())
        Task(executorPreference: thread) {
            do { box.result = .success(try await work()) } catch { box.result = .failure(error) }
        }
        return try withExtendedLifetime(thread) {
            while true {
                if let result = box.result { return try result.get() }
                thread.next().runSynchronously(on: thread.asUnownedTaskExecutor())
            }
        }
    }
}
