package import Compute
package import Federation
package import Logging
package import Storage
package import Telemetry
package import WorkSharing

/// What the engine needs from outside.
package struct Surroundings: Sendable {
    package var sessions: any SessionStore
    package var blobs: any BlobStore
    package var pool: ComputePool
    /// Shares an aggregation with the thread of the pool that has it.
    package var crew: Crew
    package var metrics: Metrics
    package var log: Logger
    /// `SessionStore.history` at the start.
    package var history: String?
    package var now: @Sendable () -> Instant
    /// What to do when a decision could not be made durable. What nobody may see yet cannot be taken back either, so the
    /// real one never returns: the process ends and goes on from its log.
    package var halt: @Sendable (_ why: String) -> Void
    /// Where the models of sessions are registered; nil: nowhere.
    package var models: (any ModelStore)?
    /// Set by the engine.
    var notary: Notary?

    package init(
        sessions: any SessionStore, blobs: any BlobStore, pool: ComputePool, crew: Crew = .alone, metrics: Metrics, log: Logger,
        history: String? = nil, models: (any ModelStore)? = nil, now: @escaping @Sendable () -> Instant, halt: @escaping @Sendable (String) -> Void = Disk.endProcess
    ) {
        self.sessions = sessions
        self.blobs = blobs
        self.pool = pool
        self.crew = crew
        self.metrics = metrics
        self.log = log
        self.history = history
        self.models = models
        self.now = now
        self.halt = halt
    }
}

/// The sending end of one client's control channel. Neither call waits.
package protocol ControlChannel: Sendable {
    func send(_ frame: [UInt8])
    func close()
}
