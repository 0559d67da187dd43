package import Compute
package import Logging

/// What the nodes of one process share: threads, workspaces, models, log.
package struct NodeHouse: Sendable {
    package let pool: ComputePool
    package let log: Logger
    package let models = SharedModels()
    package let workspaces = Workspaces()

    package init(pool: ComputePool, log: Logger) {
        self.pool = pool
        self.log = log
    }
}
