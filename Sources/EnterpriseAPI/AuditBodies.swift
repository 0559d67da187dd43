internal import APIKit
internal import Federation
internal import Storage
internal import StrictJSON

extension AuditRecord.Action: ChoiceValue {}
extension AuditRecord.Level: ChoiceValue {}

struct AuditPage: Described {
    static let name = "AuditLog"
    var entries: [AuditLine]
    var total: Int64
    var page: Int
    var perPage: Int

    static let fields = [
        FieldOf<AuditPage>("audit_logs", \.entries, .stored, "the last written first"),
        FieldOf("total_count", \.total, .counted, "entries that match, on all pages"), FieldOf("page", \.page, .request),
        FieldOf("per_page", \.perPage, .request),
    ]
}

/// An entry as the leaf that it is; `/api/v4/audit` proves it.
struct AuditLine: Described {
    static let name = "AuditEntry"
    var leaf: AuditLeaf

    static let fields = [
        FieldOf<AuditLine>("log_id", \.leaf.index, .stored, "the leaf's number in the tenant's tree, from 0"),
        FieldOf("tenant_id", \.leaf.tenant, .stored), FieldOf("action", \.leaf.entry.action, .stored),
        FieldOf("resource_type", \.leaf.entry.resourceType, .stored, "null: of several kinds, or written before it was noted"),
        FieldOf("resource_id", \.resource, .stored, "what was acted on"), FieldOf("user_id", \.leaf.entry.actor, .stored, "who acted"),
        FieldOf("ip_address", \.leaf.entry.ipAddress, .stored, "whence was called; null: nobody called, or it is not known"),
        FieldOf("security_level", \.leaf.entry.level, .stored), FieldOf("timestamp", \.at, .stored), FieldOf("details", \.leaf.entry.details, .stored),
        FieldOf("subject", \.leaf.entry.subject, .stored),
    ]

    var resource: String { leaf.entry.resourceID ?? leaf.entry.subject }
    var at: Timestamp { Timestamp(milliseconds: leaf.entry.at.milliseconds) }
}
