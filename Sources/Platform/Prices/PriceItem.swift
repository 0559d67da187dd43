package import Foundation

/// What has a price, each with its unit. A GB is 10⁹ bytes, a month 730 hours.
package enum PriceRate: String, Sendable, Hashable, CaseIterable {
    case qubitHour = "qubit_hour"
    case cpuHour = "cpu_hour"
    /// A GB of memory for an hour.
    case gbHour = "gb_hour"
    case gpuHour = "gpu_hour"
    case instanceHour = "instance_hour"
    /// A GB stored for a month.
    case gbMonth = "gb_month"
    case job
    case workflowExecution = "workflow_execution"

    /// Base units (things times milliseconds, bytes times milliseconds, pieces) in one priced unit.
    var divisor: Decimal {
        switch self {
        case .qubitHour, .cpuHour, .gpuHour, .instanceHour: 3_600_000
        case .gbHour: 3_600_000 * Decimal(1_000_000_000)
        case .gbMonth: 3_600_000 * Decimal(PriceTable.hoursOfMonth) * 1_000_000_000
        case .job, .workflowExecution: 1
        }
    }
}

/// What is paid once.
package enum SetupItem: String, Sendable, Hashable, CaseIterable {
    case scaleQuantum = "scale_quantum"
    case scaleCompute = "scale_compute"
    case tenant
}

package enum PriceItem: Sendable, Hashable {
    case rate(PriceRate)
    /// Priced for 1,000 tokens.
    case tokens(model: String)
    /// Where a provider and region have prices of their own, only those are its.
    case cloud(provider: String, region: String, PriceRate)
    case setup(SetupItem)

    var divisor: Decimal {
        switch self {
        case .rate(let rate), .cloud(_, _, let rate): rate.divisor
        case .tokens: 1000
        case .setup: 1
        }
    }
}

/// What was used, or would be. Amounts are kept as they were counted and divided last, so that nothing is rounded on the way.
package struct Usage: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        package var item: PriceItem
        /// In base units.
        package var amount: Decimal
    }

    package private(set) var lines: [Line] = []

    package init() {}

    /// Pieces: tokens, jobs, executions, setup items.
    package mutating func add(_ item: PriceItem, _ count: Decimal) { lines.append(Line(item: item, amount: count)) }

    /// So many qubits, processors, instances or bytes for a time.
    package mutating func add(_ item: PriceItem, _ count: Decimal, milliseconds: Int64) {
        lines.append(Line(item: item, amount: count * Decimal(milliseconds)))
    }

    package mutating func add(_ other: Usage) { lines += other.lines }
}
