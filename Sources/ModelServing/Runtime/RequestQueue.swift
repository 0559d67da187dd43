/// How urgent a request is.
package enum RequestPriority: Int, Sendable, CaseIterable, Comparable {
    case low, normal, high, ultraHigh
    package static func < (a: RequestPriority, b: RequestPriority) -> Bool { a.rawValue < b.rawValue }
}

/// A request that waits for its turn. Times are nanoseconds of one clock that never goes back.
package struct WaitingRequest: Sendable, Equatable {
    package var id: UInt64
    package var key: BatchKey
    package var rows: Int
    package var priority: RequestPriority
    /// Rows of the largest run that it may be part of; at most its own rows: it runs alone.
    package var batchRows: Int
    /// How long it may wait for others to share its run.
    package var batchWait: UInt64
    package var arrivedAt: UInt64
    /// When nobody waits for it any more.
    package var deadline: UInt64

    package init(
        id: UInt64, key: BatchKey, rows: Int, priority: RequestPriority, batchRows: Int, batchWait: UInt64, arrivedAt: UInt64, deadline: UInt64
    ) {
        (self.id, self.key, self.rows, self.priority) = (id, key, rows, priority)
        (self.batchRows, self.batchWait, self.arrivedAt, self.deadline) = (max(batchRows, rows), batchWait, arrivedAt, deadline)
    }

    var mayShare: Bool { batchRows > rows }
    var waitsUntil: UInt64 { arrivedAt.addingReportingOverflow(batchWait).overflow ? .max : arrivedAt + batchWait }
}

/// Who is next, and with whom. A value: the caller says what time it is.
///
/// The more urgent class goes first, and of one class whoever came first. Every `agingNanoseconds` of waiting count as one class, so
/// nobody waits for ever.
package struct RequestQueue: Sendable {
    package static let agingNanoseconds: UInt64 = 250_000_000

    package enum Admission: Sendable, Equatable {
        case queued
        /// It is in, and this one, the youngest of the least urgent, is not any more.
        case insteadOf(UInt64)
        /// Everybody who waits is at least as urgent.
        case full
    }

    package enum Decision: Sendable, Equatable {
        /// These run together, now. They are no longer in the queue.
        case run([WaitingRequest])
        /// Whoever is here waits for company until then.
        case wait(until: UInt64)
        case empty
    }

    private let limit: Int
    /// In the order of arrival.
    package private(set) var waiting: [WaitingRequest] = []

    package init(limit: Int = RuntimeLimits.waiting) { self.limit = max(1, limit) }

    package mutating func add(_ request: WaitingRequest) -> Admission {
        if waiting.count < limit {
            waiting.append(request)
            return .queued
        }
        guard let least = waiting.indices.min(by: { (waiting[$0].priority, waiting[$1].arrivedAt) < (waiting[$1].priority, waiting[$0].arrivedAt) }),
            waiting[least].priority < request.priority
        else { return .full }
        let given = waiting.remove(at: least)
        waiting.append(request)
        return .insteadOf(given.id)
    }

    /// false: it is not here any more.
    package mutating func remove(_ id: UInt64) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: place)
        return true
    }

    /// Takes out those whose time is over.
    package mutating func expired(at now: UInt64) -> [UInt64] {
        let gone = waiting.filter { $0.deadline <= now }.map(\.id)
        if !gone.isEmpty { waiting.removeAll { $0.deadline <= now } }
        return gone
    }

    package var nextDeadline: UInt64? { waiting.map(\.deadline).min() }

    package mutating func next(at now: UInt64) -> Decision {
        guard !waiting.isEmpty else { return .empty }
        let order = waiting.indices.sorted { a, b in
            let (urgencyA, urgencyB) = (urgency(waiting[a], now), urgency(waiting[b], now))
            return urgencyA != urgencyB ? urgencyA > urgencyB : a < b
        }
        var grouped: Set<Int> = []
        var until = UInt64.max
        for place in order where !grouped.contains(place) {
            let (group, isFull) = group(place, order.filter { !grouped.contains($0) })
            grouped.formUnion(group)
            let waits = group.map { waiting[$0].waitsUntil }.min() ?? 0
            if isFull || waits <= now {
                let run = group.map { waiting[$0] }
                let ids = Set(run.map(\.id))
                waiting.removeAll { ids.contains($0.id) }
                return .run(run)
            }
            until = min(until, waits)
        }
        return .wait(until: until)
    }

    /// The most urgent one with others of its kind, as far as every one of them allows.
    private func group(_ first: Int, _ order: [Int]) -> (places: [Int], isFull: Bool) {
        let leader = waiting[first]
        guard leader.mayShare else { return ([first], true) }
        var (places, rows, most) = ([first], leader.rows, leader.batchRows)
        for place in order where place != first && waiting[place].key == leader.key && waiting[place].mayShare {
            let together = min(most, waiting[place].batchRows)
            // Who does not fit starts the next run: this one need not wait for more.
            guard rows + waiting[place].rows <= together else { return (places, true) }
            places.append(place)
            (rows, most) = (rows + waiting[place].rows, together)
        }
        return (places, rows >= most)
    }

    private func urgency(_ request: WaitingRequest, _ now: UInt64) -> UInt64 {
        UInt64(request.priority.rawValue) + (now > request.arrivedAt ? (now - request.arrivedAt) / Self.agingNanoseconds : 0)
    }
}
