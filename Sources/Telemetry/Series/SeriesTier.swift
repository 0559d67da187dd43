internal import Federation

/// How finely, and for how long.
package enum SeriesTier: Int, CaseIterable, Sendable {
    case tenSeconds, minute, hour

    package var stepMilliseconds: Int64 {
        switch self {
        case .tenSeconds: 10_000
        case .minute: 60_000
        case .hour: 3_600_000
        }
    }

    package var keepMilliseconds: Int64 {
        switch self {
        case .tenSeconds: 24 * 3_600_000
        case .minute: 7 * 86_400_000
        case .hour: 400 * 86_400_000
        }
    }

    var blockMilliseconds: Int64 { stepMilliseconds * Int64(Limits.blockPoints) }

    /// What a series may have of this tier.
    var blocksMax: Int { Int(keepMilliseconds / blockMilliseconds) + 2 + Limits.strayBlocks }

    /// Counted from 1970; also before it the step that holds this instant.
    func step(_ at: Instant) -> Int64 { floored(at.milliseconds, stepMilliseconds) }

    func block(_ step: Int64) -> Int64 { floored(step, Int64(Limits.blockPoints)) }

    /// Whether a clock can be in this block: what is read from the store may be any number.
    func hasInstants(_ block: Int64) -> Bool { block.magnitude < UInt64(Int64.max / blockMilliseconds) - 100 }

    /// The place of a step within its block.
    func place(_ step: Int64) -> Int { Int(step - block(step) * Int64(Limits.blockPoints)) }

    /// The first block of which something is kept.
    func horizon(_ now: Instant) -> Int64 {
        let from = now.milliseconds.subtractingReportingOverflow(keepMilliseconds)
        return block(floored(from.overflow ? .min : from.partialValue, stepMilliseconds))
    }
}

/// Division that rounds down.
private func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}
