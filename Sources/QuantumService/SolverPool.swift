internal import Compute
internal import Foundation
package import WorkSharing

/// The threads that solve. One turn has the processors at a time. A turn that has had its slice gives way at the solver's next checkpoint when
/// somebody else is to go first, and goes on where it was when it is its turn again: its threads wait meanwhile, each turn has its own.
package final class SolverPool: @unchecked Sendable {
    private struct Waiting {
        var place: Int
        /// nil: the turn has begun and its threads wait.
        var begin: CheckedContinuation<SolverTurn, any Error>?
        var flow: String
        var weight: Double
    }
    private struct Outside {
        var ticket: Int
        var begin: CheckedContinuation<SolverTurn, any Error>
        var flow: String
        var weight: Double
    }

    private let condition = NSCondition()
    private let clock = ContinuousClock()
    private let slice: Double
    private let places: Int
    private let make: @Sendable (Int) -> (pool: ComputePool, crew: Crew)
    // Guarded by `condition`.
    private var order = FairOrder()
    private var waiting: [Int: Waiting] = [:]
    private var outside: [Outside] = []
    private var made: [(pool: ComputePool, crew: Crew)] = []
    private var free: [Int] = []
    private var running: (ticket: Int, flow: String, weight: Double, since: ContinuousClock.Instant)?
    private var pauses: [Int: (at: ContinuousClock.Instant?, seconds: Double)] = [:]
    private var placeOf: [Int: Int] = [:]
    private var tickets = 0

    /// - Parameters:
    ///   - threads: that share the work of one turn.
    ///   - places: turns that may have begun at a time; all others wait outside.
    ///   - slice: seconds after which a turn gives way to others.
    package init(threads: Int, places: Int = QuantumLimits.places, slice: Double = QuantumLimits.sliceSeconds) {
        (self.places, self.slice) = (max(1, places), slice)
        make = { number in
            (ComputePool(threads: 1, name: "annealer-\(number)"), CrewThreads(workers: threads, name: "annealing-\(number)").crew)
        }
    }

    /// Runs `work` when it is its turn.
    /// - Throws: `CancellationError` when the task is cancelled before it begins.
    package func turn<Value: Sendable>(of flow: String, weight: Double, _ work: @escaping @Sendable (SolverTurn) -> Value) async throws -> Value {
        let turn = try await enter(flow, weight)
        let value = await turn.pool.run { work(turn) }
        leave(turn)
        return value
    }

    private func enter(_ flow: String, _ weight: Double) async throws -> SolverTurn {
        let ticket = locked {
            tickets += 1
            return tickets
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (begin: CheckedContinuation<SolverTurn, any Error>) in
                locked {
                    guard !Task.isCancelled else { return begin.resume(throwing: CancellationError()) }
                    outside.append(Outside(ticket: ticket, begin: begin, flow: flow, weight: weight))
                    admit()
                    advance()
                }
            }
        } onCancel: {
            abandon(ticket)
        }
    }

    private func abandon(_ ticket: Int) {
        locked {
            if let at = outside.firstIndex(where: { $0.ticket == ticket }) {
                outside.remove(at: at).begin.resume(throwing: CancellationError())
            } else if let one = waiting[ticket], let begin = one.begin {
                waiting[ticket] = nil
                order.remove(ticket)
                placeOf[ticket] = nil
                free.append(one.place)
                begin.resume(throwing: CancellationError())
                admit()
            }
        }
    }

    private func leave(_ turn: SolverTurn) {
        locked {
            if let running, running.ticket == turn.ticket {
                order.giveBack(max(0, slice - running.since.duration(to: clock.now) / .seconds(1)) * Self.unit, flow: running.flow, weight: running.weight)
                self.running = nil
            }
            pauses[turn.ticket] = nil
            placeOf[turn.ticket] = nil
            free.append(turn.place)
            admit()
            advance()
        }
    }

    // MARK: Checkpoints

    /// Called by the threads of a turn: comes back when they may go on.
    fileprivate func rest(_ ticket: Int) {
        condition.lock()
        defer { condition.unlock() }
        let now = clock.now
        if let running, running.ticket == ticket, !order.isEmpty, running.since.duration(to: now) / .seconds(1) >= slice, let place = placeOf[ticket] {
            waiting[ticket] = Waiting(place: place, begin: nil, flow: running.flow, weight: running.weight)
            order.add(ticket, flow: running.flow, weight: running.weight, cost: slice * Self.unit)
            pauses[ticket] = (now, pauses[ticket]?.seconds ?? 0)
            self.running = nil
            advance()
        }
        while running?.ticket != ticket { condition.wait() }
    }

    fileprivate func paused(_ ticket: Int) -> Double {
        locked {
            guard let pause = pauses[ticket] else { return 0 }
            return pause.seconds + (pause.at.map { $0.duration(to: clock.now) / .seconds(1) } ?? 0)
        }
    }

    // MARK: Under the lock

    /// Of the order's costs, in a second: a slice is many of them.
    private static let unit = 1e6

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    /// Those outside come in as long as there are places, in the order in which they came.
    private func admit() {
        while !outside.isEmpty {
            if free.isEmpty {
                guard made.count < places else { return }
                made.append(make(made.count))
                free.append(made.count - 1)
            }
            let (one, place) = (outside.removeFirst(), free.removeLast())
            placeOf[one.ticket] = place
            waiting[one.ticket] = Waiting(place: place, begin: one.begin, flow: one.flow, weight: one.weight)
            order.add(one.ticket, flow: one.flow, weight: one.weight, cost: slice * Self.unit)
        }
    }

    private func advance() {
        guard running == nil, let ticket = order.next(), let one = waiting.removeValue(forKey: ticket) else { return }
        let now = clock.now
        running = (ticket, one.flow, one.weight, now)
        if let begin = one.begin {
            let (pool, crew) = made[one.place]
            begin.resume(returning: SolverTurn(ticket: ticket, place: one.place, pool: pool, crew: crew, owner: self))
        } else if let pause = pauses[ticket], let at = pause.at {
            pauses[ticket] = (nil, pause.seconds + at.duration(to: now) / .seconds(1))
            condition.broadcast()
        }
    }
}

/// A turn at the processors.
package final class SolverTurn: Sendable {
    package let crew: Crew
    fileprivate let ticket: Int
    fileprivate let place: Int
    fileprivate let pool: ComputePool
    private let owner: SolverPool

    fileprivate init(ticket: Int, place: Int, pool: ComputePool, crew: Crew, owner: SolverPool) {
        (self.ticket, self.place, self.pool, self.crew, self.owner) = (ticket, place, pool, crew, owner)
    }

    /// A checkpoint: waits as long as others are to go first. Only the turn's own threads may call it.
    package func rest() { owner.rest(ticket) }

    /// Seconds that it waited since it began.
    package var paused: Double { owner.paused(ticket) }
}
