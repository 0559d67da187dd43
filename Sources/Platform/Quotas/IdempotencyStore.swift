package import Federation

/// Replies by key, for a day. A key is given up when its day is over and never before: where there is no room, a new one is
/// refused.
package struct IdempotencyStore: Sendable {
    package struct Limits: Sendable {
        package var replies = QuotaLimits.replies
        package var repliesPerPrincipal = QuotaLimits.repliesPerPrincipal
        package var bytes = QuotaLimits.repliesBytes
        package var bytesPerPrincipal = QuotaLimits.repliesBytesPerPrincipal
        package init() {}
    }

    /// The right to make a call; `finish` or `abandon` must follow.
    package struct Ticket: Sendable {
        fileprivate let key: IdempotencyKey
        fileprivate let number: UInt64
    }

    package enum Begin: Sendable {
        case run(Ticket)
        case again(StoredReply)
        case refused(IdempotencyRefusal)
    }

    private struct Entry {
        enum State {
            /// Exits: replied, notKept, or gone.
            case inFlight
            case replied(StoredReply, at: Instant)
            case notKept(bytes: Int, at: Instant)
        }
        var number: UInt64
        var digest: [UInt8]
        var state: State

        var endedAt: Instant? {
            switch state {
            case .inFlight: nil
            case .replied(_, let at), .notKept(_, let at): at
            }
        }
        var bytes: Int { if case .replied(let reply, _) = state { reply.bytes } else { 0 } }
    }

    private struct Owner: Hashable {
        var tenant: String
        var principal: String
        init(_ key: IdempotencyKey) {
            tenant = key.tenant
            principal = key.principal
        }
    }

    private struct Sum {
        var replies = 0
        var bytes = 0
    }

    private let limits: Limits
    private var entries: [IdempotencyKey: Entry] = [:]
    private var sums: [Owner: Sum] = [:]
    private var all = Sum()
    private var expiry = Expiry<IdempotencyKey>()
    private var last: UInt64 = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    package var count: Int { entries.count }
    package var bytes: Int { all.bytes }

    /// - Parameter digest: of the call's body, a cryptographic hash.
    package mutating func begin(_ key: IdempotencyKey, digest: [UInt8], now: Instant) -> Begin {
        guard Self.isKey(key.key) else { return .refused(.badKey) }
        clear(now)
        if let entry = entries[key] {
            if let ended = entry.endedAt, Self.isOver(ended, now) {
                remove(key)
            } else {
                guard entry.digest == digest else { return .refused(.otherBody) }
                switch entry.state {
                case .inFlight: return .refused(.inFlight)
                case .replied(let reply, _): return .again(reply)
                case .notKept(let bytes, _): return .refused(.replyNotKept(bytes: bytes))
                }
            }
        }
        guard all.replies < limits.replies, (sums[Owner(key)]?.replies ?? 0) < limits.repliesPerPrincipal else {
            return .refused(.crowded(retryAfterSeconds: roomAfterSeconds(now)))
        }
        last &+= 1
        entries[key] = Entry(number: last, digest: digest, state: .inFlight)
        count(key, replies: 1, bytes: 0)
        return .run(Ticket(key: key, number: last))
    }

    /// The call was answered: from now on this reply is given again.
    package mutating func finish(_ ticket: Ticket, _ reply: StoredReply, now: Instant) {
        guard var entry = entries[ticket.key], entry.number == ticket.number, case .inFlight = entry.state else { return }
        let hasRoom =
            reply.bytes <= QuotaLimits.replyBytes && reply.bytes <= limits.bytes - all.bytes
            && reply.bytes <= limits.bytesPerPrincipal - (sums[Owner(ticket.key)]?.bytes ?? 0)
        entry.state = hasRoom ? .replied(reply, at: now) : .notKept(bytes: reply.bytes, at: now)
        entries[ticket.key] = entry
        count(ticket.key, replies: 0, bytes: entry.bytes)
        expiry.append(ticket.key, now)
    }

    /// The call made nothing: its key is new again.
    package mutating func abandon(_ ticket: Ticket) {
        guard let entry = entries[ticket.key], entry.number == ticket.number, case .inFlight = entry.state else { return }
        remove(ticket.key)
    }

    // MARK: What is over

    private static let milliseconds = Int64(QuotaLimits.replySeconds) * 1000

    private static func isOver(_ ended: Instant, _ now: Instant) -> Bool { FixedWindow.elapsed(ended, now) >= milliseconds }

    private mutating func clear(_ now: Instant) {
        var steps = 0
        while steps < QuotaLimits.clearedPerCall || all.replies >= limits.replies, let (key, ended) = expiry.head {
            steps += 1
            guard var entry = entries[key], entry.endedAt == ended else {
                expiry.removeHead()
                continue
            }
            if Self.isOver(ended, now) {
                expiry.removeHead()
                remove(key)
            } else if now < ended {
                // The clock stepped back: from now on a day.
                expiry.removeHead()
                switch entry.state {
                case .inFlight: break
                case .replied(let reply, _): entry.state = .replied(reply, at: now)
                case .notKept(let bytes, _): entry.state = .notKept(bytes: bytes, at: now)
                }
                entries[key] = entry
                expiry.append(key, now)
            } else {
                return
            }
        }
    }

    private func roomAfterSeconds(_ now: Instant) -> Int {
        guard let head = expiry.head else { return 1 }
        let wait = Self.milliseconds - min(max(0, FixedWindow.elapsed(head.began, now)), Self.milliseconds)
        return max(1, Int(clamping: roundedUp(wait)))
    }

    private mutating func remove(_ key: IdempotencyKey) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        count(key, replies: -1, bytes: -entry.bytes)
    }

    private mutating func count(_ key: IdempotencyKey, replies: Int, bytes: Int) {
        var sum = sums[Owner(key)] ?? Sum()
        sum.replies += replies
        sum.bytes += bytes
        sums[Owner(key)] = sum.replies > 0 ? sum : nil
        all.replies += replies
        all.bytes += bytes
    }

    private static func isKey(_ text: String) -> Bool {
        (1...QuotaLimits.keyCharacters).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
