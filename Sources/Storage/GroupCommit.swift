import Foundation
internal import GRDB

/// The one thread that touches the database. Writes that arrive while a commit is being synced share the next one:
/// under load a sync is shared by many, and a lone write waits for nobody.
final class GroupCommit: @unchecked Sendable {
    private enum Job {
        case write(savepoint: (Database) throws -> Void, done: (Result<Void, any Error>) -> Void)
        /// Gives what answers the caller; a failure of the batch is answered by `failed`.
        case read((Database) -> () -> Void, failed: (any Error) -> Void)
    }
    private static let maximumBatch = 256

    private let queue: DatabaseQueue
    private let path: String
    // Guarded by `condition`.
    private var jobs: [Job] = []
    private var isClosed = false
    private let condition = NSCondition()

    init(queue: DatabaseQueue, path: String) {
        self.queue = queue
        self.path = path
        let thread = Thread { [self] in run() }
        thread.name = "store"
        thread.start()
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.signal()
        condition.unlock()
    }

    /// Returns when the change is durable. A failure undoes this change alone.
    func write<Value: Sendable>(_ change: @escaping @Sendable (Database) throws -> Value) async throws(StorageError) -> Value {
        let box = Box<Value>()
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            add(.write(savepoint: { box.value = try change($0) }, done: { continuation.resume(returning: $0) }))
        }
        switch result {
        case .success: return box.value!
        case .failure(let error): throw storageError(error, path)
        }
    }

    func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws(StorageError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            add(.read(
                { database in
                    let result = Result { try query(database) }
                    return { continuation.resume(returning: result) }
                },
                failed: { continuation.resume(returning: .failure($0)) }))
        }
        do { return try result.get() } catch { throw storageError(error, path) }
    }

    private final class Box<Value>: @unchecked Sendable { var value: Value? }

    private func add(_ job: Job) {
        condition.lock()
        jobs.append(job)
        condition.signal()
        condition.unlock()
    }

    private func run() {
        while true {
            condition.lock()
            while jobs.isEmpty && !isClosed { condition.wait() }
            if jobs.isEmpty {
                condition.unlock()
                return
            }
            let batch = Array(jobs.prefix(Self.maximumBatch))
            jobs.removeFirst(batch.count)
            condition.unlock()
            perform(batch)
        }
    }

    /// Nobody is answered before the commit: neither writers, who must not believe too early, nor readers, who must
    /// not see what may yet be undone.
    private func perform(_ batch: [Job]) {
        var answers: [() -> Void] = []
        do {
            try queue.inDatabase { database in
                let writes = batch.contains { if case .write = $0 { true } else { false } }
                if writes { try database.beginTransaction(.immediate) }
                for job in batch {
                    switch job {
                    case .read(let query, _): answers.append(query(database))
                    case .write(let change, let done):
                        do {
                            try database.inSavepoint {
                                try change(database)
                                return .commit
                            }
                            answers.append { done(.success(())) }
                        } catch { answers.append { done(.failure(error)) } }
                    }
                }
                if writes { try database.commit() }
            }
        } catch {
            // Nothing of the batch is durable, and nobody is told otherwise.
            try? queue.inDatabase { if $0.isInsideTransaction { try $0.rollback() } }
            answers = batch.map { job in
                switch job {
                case .read(_, let failed): { failed(error) }
                case .write(_, let done): { done(.failure(error)) }
                }
            }
        }
        for answer in answers { answer() }
    }
}

func storageError(_ error: any Error, _ path: String) -> StorageError {
    if let known = error as? StorageError { return known }
    guard let database = error as? DatabaseError else { return .io(path: path, problem: "\(error)") }
    switch database.resultCode {
    case .SQLITE_FULL: return .full(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(path: path, problem: database.message ?? "not a database")
    case .SQLITE_CONSTRAINT: return .exists(database.message ?? "the record")
    default: return .io(path: path, problem: database.message ?? "\(database)")
    }
}
