import Federation
import Synchronization

/// Workspaces for training: as many as there are threads that train at a time, not as there are nodes.
package final class Workspaces: Sendable {
    private let idle = Mutex<[Handle]>([])

    /// Goes from one thread to the next, and is never with two.
    private struct Handle: @unchecked Sendable { var computer: LocalComputer }

    package init() {}

    /// Lends a workspace that nobody uses now.
    func lend<Value>(_ work: (inout LocalComputer) throws -> Value) rethrows -> Value {
        var handle = idle.withLock { $0.popLast() } ?? Handle(computer: LocalComputer())
        defer { giveBack(handle) }
        return try work(&handle.computer)
    }

    private func giveBack(_ handle: Handle) {
        idle.withLock { $0.append(handle) }
    }

    /// How many have been made.
    package var count: Int { idle.withLock { $0.count } }
}
