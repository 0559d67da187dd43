package import Federation

/// Slows down who tries passwords, by pair of name and address: a few tries are free, then the delay doubles up to a cap. A try counts
/// when it begins, so that many at once are no way around it, and is forgiven when it succeeds. Names that nobody has are treated
/// like the others. Bounded: the pair that was quiet longest is forgotten first.
package struct LoginThrottle: Sendable {
    private struct Pair: Hashable {
        var name: String
        var address: String
    }
    private struct Entry {
        var tries: Int
        var last: Instant
        /// Place in `order`.
        var turn: UInt64
    }

    /// What becomes of a try.
    package enum Verdict: Sendable, Equatable {
        /// - Parameter tells: this one is to be told to the audit.
        case go(tells: Bool)
        case wait(retryAfterSeconds: Int)
    }

    private let limit: Int
    private var entries: [Pair: Entry] = [:]
    /// Pairs by the turn in which they were last heard of; old places of a pair are passed over.
    private var order: [(turn: UInt64, pair: Pair)] = []
    private var head = 0
    private var turn: UInt64 = 0

    package init(pairs limit: Int = IdentityLimits.throttledPairs) { self.limit = max(1, limit) }

    package var count: Int { entries.count }

    /// Counts a try, unless it comes too early. One that comes too early changes nothing.
    package mutating func attempt(name: String, address: String, now: Instant) -> Verdict {
        let pair = Pair(name: name, address: address)
        var tries = 0
        if let entry = entries[pair] {
            // A clock that was set back makes nobody wait longer than the delay.
            let quiet = max(0, now.seconds(since: entry.last))
            if quiet < Double(IdentityLimits.quietSeconds) {
                let left = Double(Self.delaySeconds(after: entry.tries)) - quiet
                if left > 0 { return .wait(retryAfterSeconds: max(1, Int(left.rounded(.up)))) }
                tries = entry.tries
            }
        }
        tries = min(tries, 1 << 20) + 1
        turn += 1
        entries[pair] = Entry(tries: tries, last: now, turn: turn)
        order.append((turn, pair))
        forget()
        return .go(tells: tries == IdentityLimits.triesToTell)
    }

    /// The try was right.
    package mutating func succeeded(name: String, address: String) { entries[Pair(name: name, address: address)] = nil }

    /// 0, 0, 0, 1, 2, 4, … up to the cap.
    static func delaySeconds(after tries: Int) -> Int {
        guard tries >= IdentityLimits.freeTries else { return 0 }
        return min(IdentityLimits.delaySecondsMax, 1 << min(20, tries - IdentityLimits.freeTries))
    }

    private mutating func forget() {
        while entries.count > limit, head < order.count {
            let oldest = order[head]
            head += 1
            if entries[oldest.pair]?.turn == oldest.turn { entries[oldest.pair] = nil }
        }
        // Places that were passed over are cleared away when they are the greater part.
        guard order.count > 2 * limit + 16 else { return }
        order = order[head...].filter { entries[$0.pair]?.turn == $0.turn }
        head = 0
    }
}
