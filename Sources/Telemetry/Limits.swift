/// Every bound of the room.
package enum Limits {
    // MARK: Metrics

    /// Series of each kind (counters, gauges, durations). What comes later is counted under `other`.
    package static let metricSeries = 4096

    // MARK: Time series

    /// Series of all tenants. What comes later is kept under `other`.
    package static let series = 512
    /// Beyond them: those called `other`, one for each metric of the platform and one for each of all tenants.
    package static let seriesOfOthers = 128
    /// Points of one block, at every tier: 10 minutes, an hour, two and a half days.
    package static let blockPoints = 60
    /// Blocks of a series that lie outside what a tier keeps, as a clock that is set back and forth makes them.
    package static let strayBlocks = 60
    /// Bytes of a tenant's name, of a metric's, and of a label's value; what is longer is cut.
    package static let nameBytes = 128
    /// Labels of one series; the rest is left out.
    package static let labels = 8
    /// Steps of one answer, as with Prometheus.
    package static let steps = 11_000

    // MARK: Probes

    /// Of one file below /proc. A machine with a thousand interfaces has a few hundred KiB.
    package static let procBytes = 1 << 20
    /// Descriptors that are counted.
    package static let descriptors = 1 << 20
    /// Readings that one probe gives at a time.
    package static let readings = 256

    // MARK: Logs

    /// Entries that wait for the store. One that does not fit is dropped and counted.
    package static let waitingLogs = 4096
    package static let messageBytes = 2048
    package static let fieldBytes = 512
    package static let fields = 32
    /// The longest secret that is looked for across the end of what is kept.
    package static let secretBytes = 4096
    /// Nesting of a logger's metadata.
    package static let fieldDepth = 4
    /// Entries in one transaction.
    package static let logBatch = 512

    // MARK: Alerts

    /// States of all rules and subjects.
    package static let alertStates = 1024
    /// Events that wait for the store to take them.
    package static let untoldEvents = 256
    /// Alerts that are over and still listed.
    package static let resolvedAlerts = 256
    /// Addresses whose failed logins are counted.
    package static let addresses = 4096
}
