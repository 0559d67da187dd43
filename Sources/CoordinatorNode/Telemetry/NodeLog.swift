import Federation
package import Logging
import Telemetry

/// The log of a coordinator: one line on stderr for each entry, and the same in its store as soon as that is open.
package struct NodeLog: Sendable {
    package let logger: Logger
    let queue: LogQueue

    /// - Parameters:
    ///   - visible: where people read it.
    ///   - level: trace to critical; what is less important is not logged at all.
    package init(_ label: String, level: String, visible: (String) -> any LogHandler = { StreamLogHandler.standardError(label: $0) }) {
        let queue = LogQueue()
        self.queue = queue
        var logger = Logger(label: label, factory: { StoredLogHandler(label: $0, visible: visible($0), queue: queue, now: { Instant.now }) })
        logger.logLevel = Logger.Level(rawValue: level) ?? .notice
        self.logger = logger
    }
}
