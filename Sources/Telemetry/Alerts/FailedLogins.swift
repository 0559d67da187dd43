package import Federation

/// Failed logins by address over a window that slides. When there are more addresses than places, the one with the fewest failures gives
/// way, so that one that tries often is not pushed out by many that try once.
package struct FailedLogins: Sendable {
    package static let windowSeconds = 300
    private static let slotMilliseconds: Int64 = 10_000
    private static let slots = Int64(windowSeconds) * 1000 / slotMilliseconds

    private struct Count {
        var slot: Int64
        var count: Int64
    }
    private var addresses: [String: [Count]] = [:]
    private let addressesMax: Int

    package init() { addressesMax = Limits.addresses }
    package init(addressesMax: Int) { self.addressesMax = addressesMax }

    package mutating func note(_ address: String, at now: Instant) {
        let slot = now.milliseconds / Self.slotMilliseconds
        if addresses[address] == nil, addresses.count >= addressesMax {
            forget(before: slot)
            if addresses.count >= addressesMax, let least = addresses.min(by: { (total($0.value), $0.key) < (total($1.value), $1.key) })?.key {
                addresses[least] = nil
            }
        }
        var counts = addresses[address] ?? []
        if let last = counts.indices.last, counts[last].slot >= slot {
            // Also when the clock was set back a little.
            counts[last].count = saturated(counts[last].count, 1)
        } else {
            counts.append(Count(slot: slot, count: 1))
            if counts.count > Self.slots { counts.removeFirst() }
        }
        addresses[address] = counts
    }

    /// One for each address with failures in the window, those with most of them first.
    package mutating func readings(at now: Instant) -> [AlertReading] {
        forget(before: now.milliseconds / Self.slotMilliseconds)
        return addresses.map { AlertReading(subject: $0.key, value: Double(total($0.value)), count: total($0.value)) }
            .sorted { ($1.count, $0.subject ?? "") < ($0.count, $1.subject ?? "") }
    }

    private func total(_ counts: [Count]) -> Int64 { counts.reduce(0) { saturated($0, $1.count) } }

    private mutating func forget(before slot: Int64) {
        for (address, counts) in addresses {
            // What lies in the future was noted before the clock was set back.
            let kept = counts.filter { $0.slot > slot - Self.slots && $0.slot <= slot + Self.slots }
            addresses[address] = kept.isEmpty ? nil : kept
        }
    }
}
