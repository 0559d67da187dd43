package import Federation

/// Which entries of a tenant's audit are meant. nil: any.
package struct AuditFilter: Sendable, Equatable {
    package var action: AuditRecord.Action?
    package var level: AuditRecord.Level?
    /// At this instant or later.
    package var from: Instant?
    /// Before this instant.
    package var to: Instant?
    /// Matching entries that are passed over, from the newest.
    package var offset: Int64
    package var limit: Int

    package init(
        action: AuditRecord.Action? = nil, level: AuditRecord.Level? = nil, from: Instant? = nil, to: Instant? = nil, offset: Int64 = 0, limit: Int = 50
    ) {
        (self.action, self.level, self.from, self.to) = (action, level, from, to)
        (self.offset, self.limit) = (offset, limit)
    }

    /// By the clock as it was when the entry was written: an entry after another can bear an earlier time.
    package func matches(_ entry: AuditRecord) -> Bool {
        (action == nil || entry.action == action) && (level == nil || entry.level == level) && (from.map { entry.at >= $0 } ?? true)
            && (to.map { entry.at < $0 } ?? true)
    }

    /// Whether it leaves nothing out.
    var isOpen: Bool { action == nil && level == nil && from == nil && to == nil }
}
