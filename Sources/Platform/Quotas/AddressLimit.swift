package import Federation
internal import Synchronization

/// What addresses may ask for before anybody is known: GCRA (the "virtual scheduling" form of ITU-T I.371, annex A) for each address. An
/// address earns `perSecond` units a second and keeps `burst` of them at most; what is not earned yet has to wait.
///
/// IPv6 counts by /64, since whoever has one address of that has them all. Bounded: the address that was quiet longest is forgotten first.
package struct AddressLimit: Sendable {
    private struct Entry {
        /// When all that was taken will have been earned, in microseconds: the theoretical arrival time.
        var paidAt: Int64
        /// Place in `order`.
        var turn: UInt64
    }

    private let intervalMicroseconds: Int64
    private let burstMicroseconds: Int64
    private let addressesMax: Int
    private var entries: [IPAddress: Entry] = [:]
    /// Addresses by the turn in which they were last heard of; old places of an address are passed over.
    private var order: [(turn: UInt64, address: IPAddress)] = []
    private var head = 0
    private var turn: UInt64 = 0

    /// - Parameters:
    ///   - perSecond: 1 to 1,000,000 units.
    ///   - burst: units.
    package init(perSecond: Int, burst: Int, addresses: Int = QuotaLimits.addresses) {
        intervalMicroseconds = 1_000_000 / Int64(min(max(1, perSecond), 1_000_000))
        burstMicroseconds = intervalMicroseconds * Int64(min(max(1, burst), 1 << 30))
        addressesMax = max(1, addresses)
    }

    package var count: Int { entries.count }

    /// Takes so many units, or none.
    /// - Parameter units: more than a burst are a burst.
    /// - Returns: nil: they are taken; else whole seconds after which they would be.
    package mutating func take(_ address: IPAddress, units: Int = 1, now: Instant) -> Int? {
        let place = address.network
        let now = min(max(now.milliseconds, -Self.farMilliseconds), Self.farMilliseconds) * 1000
        let cost = min(intervalMicroseconds * Int64(min(max(0, units), 1 << 30)), burstMicroseconds)
        // Of a clock that was set back nobody waits longer than for a whole burst.
        let owed = min(max(0, (entries[place]?.paidAt ?? now) - now), burstMicroseconds)
        turn += 1
        let wait = owed + cost - burstMicroseconds
        entries[place] = Entry(paidAt: now + owed + (wait > 0 ? 0 : cost), turn: turn)
        order.append((turn, place))
        forget(now)
        return wait > 0 ? max(1, Int(clamping: (wait + 999_999) / 1_000_000)) : nil
    }

    /// Instants beyond are taken for these: some hundred thousand years.
    private static let farMilliseconds: Int64 = 1 << 52

    private mutating func forget(_ now: Int64) {
        // Who owes nothing is as good as one that was never heard of; two with each call, so that nothing piles up.
        var looked = 0
        while head < order.count, looked < QuotaLimits.clearedPerCall || entries.count > addressesMax {
            looked += 1
            let oldest = order[head]
            if let entry = entries[oldest.address], entry.turn == oldest.turn {
                guard entry.paidAt <= now || entries.count > addressesMax else { break }
                entries[oldest.address] = nil
            }
            head += 1
        }
        // Moved together now and then, which costs each place one move at most.
        if head > 1024, head * 2 > order.count {
            order.removeFirst(head)
            head = 0
        }
        // Many places of the few who do not stop asking.
        guard order.count - head > 2 * addressesMax + 16 else { return }
        order = order[head...].filter { entries[$0.address]?.turn == $0.turn }
        head = 0
    }
}

extension IPAddress {
    /// What counts as one: an IPv4 address, also where it is written as IPv6, and a /64.
    fileprivate var network: IPAddress {
        switch self {
        case .v4: self
        case .v6(0, let low) where low >> 32 == 0xFFFF: .v4(UInt32(truncatingIfNeeded: low))
        case .v6(let high, _): .v6(high: high, low: 0)
        }
    }
}

/// One limit for all who ask at once.
package final class AddressLimiter: Sendable {
    /// What is asked for, by what it costs.
    package enum Call: Int, Sendable {
        /// A route without credentials.
        case open = 1
        /// Credentials that are none: whoever guesses is slowed down ten times as much.
        case failed = 10
    }
    private let limit: Mutex<AddressLimit>

    /// - Parameter perSecond: routes without credentials, of one address; a minute's worth of them may come at once.
    package init(perSecond: Int) { limit = Mutex(AddressLimit(perSecond: perSecond, burst: perSecond * QuotaLimits.addressBurstSeconds)) }

    /// - Parameter address: as text; what is no address is not limited, since nobody calls from there.
    /// - Returns: nil: go on; else seconds to wait.
    package func take(_ address: String?, _ call: Call, now: Instant) -> Int? {
        guard let address, let parsed = IPAddress(address.prefix { $0 != "%" }) else { return nil }
        return limit.withLock { $0.take(parsed, units: call.rawValue, now: now) }
    }
}
