internal import Synchronization

/// Runs work for so long and no longer, also when it does not hear that it was cancelled: it is then left to end by itself.
/// - Throws: what the work throws, `EgressError.timeout`, or `CancellationError` when the caller's task is cancelled.
func within<Value: Sendable>(seconds: Double, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let race = Race<Value>()
    let running = Task {
        do { race.end(.success(try await work())) } catch { race.end(.failure(error)) }
    }
    let timer = Task {
        guard (try? await Task.sleep(for: .milliseconds(Int64(max(0, min(seconds, 1e6)) * 1000)))) != nil else { return }
        race.end(.failure(EgressError.timeout(seconds: seconds)))
    }
    defer {
        running.cancel()
        timer.cancel()
    }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { race.begin($0) }
    } onCancel: {
        race.end(.failure(CancellationError()))
    }
}

/// The first end counts.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case ended(Result<Value, any Error>)
    }
    private let state = Mutex(State.open)

    func begin(_ continuation: CheckedContinuation<Value, any Error>) {
        let result: Result<Value, any Error>? = state.withLock { state in
            if case .ended(let result) = state { return result }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func end(_ result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .open:
                state = .ended(result)
                return nil
            case .waiting(let continuation):
                state = .ended(result)
                return continuation
            case .ended: return nil
            }
        }
        continuation?.resume(with: result)
    }
}
