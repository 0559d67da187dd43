/// What a tenant's content takes on the disk, in bytes. What lies there once counts once, however many names it has; what two tenants have
/// counts for both. Rows, logs and the audit are not among it.
package struct StoredBytes: Sendable, Equatable {
    package var artifacts: Int64
    /// Models, states, test sets and receipts of sessions.
    package var models: Int64
    /// Updates of rounds that are under way.
    package var updates: Int64
    package init(artifacts: Int64 = 0, models: Int64 = 0, updates: Int64 = 0) {
        self.artifacts = artifacts
        self.models = models
        self.updates = updates
    }

    package var total: Int64 { [artifacts, models, updates].reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 } }
}

package protocol UseStore: Sendable {
    /// Counted anew with each call: what is named by rows, as large as its files are.
    func storedBytes(tenant: String) async throws(StorageError) -> StoredBytes
}
