import Foundation
internal import GRDB

/// The one thread that touches the database. Writes that arrive while a commit is being synced share the next one:
/// under load a sync is shared by many, and a lone write waits for nobody.
final class GroupCommit: @unchecked Sendable {
    private enum Job {
        /// `answer` comes after the commit, on the store's thread.
        case write(change: (Database) throws -> Void, answer: (Result<Void, any Error>) -> Void)
        /// Gives what answers the caller; a failure of the batch is answered by `failed`.
        case read((Database) -> () -> Void, failed: (any Error) -> Void)

        func fail(_ error: any Error) {
            switch self {
            case .write(_, let answer): answer(.failure(error))
            case .read(_, let failed): failed(error)
            }
        }
    }

    private let queue: DatabaseQueue
    private let path: String
    private let disk: Disk
    // Guarded by `condition`.
    private var jobs: [Job] = []
    private var isClosed = false
    private var hasEnded = false
    private var isWorking = false
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    private let condition = NSCondition()

    /// - Parameter ended: called when the database is closed and nothing will touch it any more.
    init(queue: DatabaseQueue, path: String, disk: Disk, ended: @escaping @Sendable () -> Void) {
        self.queue = queue
        self.path = path
        self.disk = disk
        let thread = Thread { [self] in
            run()
            try? self.queue.close()
            ended()
            condition.lock()
            hasEnded = true
            let waiting = waitingForEnd
            condition.broadcast()
            condition.unlock()
            for one in waiting { one.resume() }
        }
        thread.name = "store"
        thread.start()
    }

    /// Of the one connection there is.
    var connections: ConnectionUse {
        condition.lock()
        defer { condition.unlock() }
        return ConnectionUse(active: isWorking ? 1 : 0, idle: isWorking || hasEnded ? 0 : 1, max: 1)
    }

    /// No more jobs are taken; those that were are still done.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits on the caller's thread until the database is closed. With nothing left to do that is a matter of one sync.
    func closeNow() {
        close()
        condition.lock()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }

    /// Returns when the database is closed.
    func closed() async {
        close()
        await withCheckedContinuation { continuation in
            condition.lock()
            let isOver = hasEnded
            if !isOver { waitingForEnd.append(continuation) }
            condition.unlock()
            if isOver { continuation.resume() }
        }
    }

    /// Returns when the change is durable. A failure undoes this change alone.
    /// - Parameter committed: runs on the store's thread after the commit and before any later batch.
    func write<Value: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Value, committed: @escaping @Sendable (Value) -> Void = { _ in }
    ) async throws(StorageError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let box = Box<Value>()
            add(
                .write(
                    change: { box.value = try change($0) },
                    answer: { result in
                        if case .success = result, let value = box.value { committed(value) }
                        continuation.resume(returning: result.flatMap { _ in box.result })
                    }))
        }
        do { return try result.get() } catch { throw storageError(error, path) }
    }

    func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws(StorageError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            add(
                .read(
                    { database in
                        let result = Result { try query(database) }
                        return { continuation.resume(returning: result) }
                    },
                    failed: { continuation.resume(returning: .failure($0)) }))
        }
        do { return try result.get() } catch { throw storageError(error, path) }
    }

    /// The same on the caller's thread, which waits.
    func readNow<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) throws(StorageError) -> Value {
        let box = Box<Result<Value, any Error>>()
        let done = DispatchSemaphore(value: 0)
        add(
            .read(
                { database in
                    box.value = Result { try query(database) }
                    return { done.signal() }
                },
                failed: {
                    box.value = .failure($0)
                    done.signal()
                }))
        done.wait()
        do { return try box.result.get().get() } catch { throw storageError(error, path) }
    }

    /// Written by the store's thread, read by the caller after it was told.
    private final class Box<Value>: @unchecked Sendable {
        var value: Value?
        var result: Result<Value, any Error> {
            value.map { .success($0) } ?? .failure(StorageError.io(path: "tutti.sqlite", problem: "the store gave no answer"))
        }
    }

    private func add(_ job: Job) {
        condition.lock()
        let isTaken = !isClosed
        if isTaken { jobs.append(job) }
        condition.broadcast()
        condition.unlock()
        if !isTaken { job.fail(StorageError.io(path: path, problem: "the store is closed")) }
    }

    private func run() {
        while true {
            condition.lock()
            while jobs.isEmpty && !isClosed { condition.wait() }
            if jobs.isEmpty {
                condition.unlock()
                return
            }
            let batch = Array(jobs.prefix(Limits.commitBatch))
            jobs.removeFirst(batch.count)
            isWorking = true
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
                do { answers = try answered(batch, database) } catch {
                    // In this same access: the library takes a transaction that outlives one for a mistake and traps.
                    if database.isInsideTransaction { try database.rollback() }
                    throw error
                }
            }
        } catch {
            // Nothing of the batch is durable, and nobody is told otherwise.
            if isSyncFailure(error) { disk.halt("\(path) could not be synced to the disk (\(error)).") }
            answers = batch.map { job in { job.fail(error) } }
        }
        condition.lock()
        isWorking = false
        condition.unlock()
        for answer in answers { answer() }
    }

    /// Does the jobs in one transaction and commits it. Gives what is to be answered.
    private func answered(_ batch: [Job], _ database: Database) throws -> [() -> Void] {
        var answers: [() -> Void] = []
        let writes = batch.contains { if case .write = $0 { true } else { false } }
        if writes { try database.beginTransaction(.immediate) }
        for job in batch {
            switch job {
            case .read(let query, _): answers.append(query(database))
            case .write(let change, let answer):
                do {
                    try database.inSavepoint {
                        try change(database)
                        return .commit
                    }
                    answers.append { answer(.success(())) }
                } catch {
                    // A full disk makes SQLite undo the whole transaction, and with it what others wrote before.
                    guard database.isInsideTransaction else { throw error }
                    answers.append { answer(.failure(error)) }
                }
            }
        }
        if writes { try commit(database) }
        return answers
    }

    private func commit(_ database: Database) throws {
        if let code = disk.commitProblem() { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        try database.commit()
    }
}

/// Whether the operating system failed to bring what SQLite had written to the disk.
private func isSyncFailure(_ error: any Error) -> Bool {
    guard let code = (error as? DatabaseError)?.extendedResultCode else { return false }
    return code == .SQLITE_IOERR_FSYNC || code == .SQLITE_IOERR_DIR_FSYNC
}

func storageError(_ error: any Error, _ path: String) -> StorageError {
    if let known = error as? StorageError { return known }
    guard let database = error as? DatabaseError else { return .io(path: path, problem: "\(error)") }
    switch database.resultCode {
    case .SQLITE_FULL: return .full(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(path: path, problem: database.message ?? "not a database")
    case .SQLITE_CONSTRAINT:
        let message = database.message ?? "the record"
        return database.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY ? .missing("record that this one belongs to (\(message))") : .exists(message)
    default: return .io(path: path, problem: database.message ?? "\(database)")
    }
}
