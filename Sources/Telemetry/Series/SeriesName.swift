/// The time series there are. Percentages go from 0 to 100; bytes and counts are what came since the point before.
package enum SeriesName {
    // Of the machine and of this process.
    package static let processor = "system.cpu_percent"
    package static let memory = "system.memory_percent"
    package static let disk = "system.disk_percent"
    package static let diskRead = "system.disk_read_bytes"
    package static let diskWritten = "system.disk_written_bytes"
    package static let received = "system.network_received_bytes"
    package static let sent = "system.network_sent_bytes"
    package static let segments = "system.tcp_segments_sent"
    package static let segmentsAgain = "system.tcp_segments_sent_again"
    package static let load = "system.load"
    package static let resident = "process.resident_bytes"
    package static let descriptors = "process.descriptors"

    // Of requests: durations in seconds, by `status` (2xx, 3xx, 4xx, 501, and 5xx for the others of them).
    package static let requests = "http.request_seconds"
    /// By tenant and `status`, from `TelemetryMetric.tenantRequests`.
    package static let tenantRequests = "tenant.request_seconds"
    /// Bytes of bodies, both ways; by tenant, from `TelemetryMetric.tenantBytes`.
    package static let tenantBytes = "tenant.bytes"
    package static let requestsUnderWay = "http.requests_under_way"
    package static let requestsShed = "http.requests_shed"
    package static let connections = "http.connections"

    /// The `status` of calls of what is not built.
    package static let notImplemented = "501"

    // Of federated learning.
    package static let rounds = "fl.rounds"
    package static let roundSeconds = "fl.round_seconds"
    package static let updates = "fl.updates"
    package static let modelBytes = "fl.bytes"

    // Of jobs, by `outcome`.
    package static let jobs = "jobs.finished"

    // Of keys in vaults, by tenant.
    package static let vaultOperations = "vault.operations"
    package static let vaultKeySeconds = "vault.key_generation_seconds"

    /// 1: a tenant's path was answered, 0: it was not. Its average is the availability.
    package static let availability = "probe.availability"
    /// By `service`. 1: it answered before the next tick, 0: it did not.
    package static let serviceAnswers = "service.answers"
    /// How long the last answer took.
    package static let serviceSeconds = "service.answer_seconds"
    /// Failed logins by address are no series; this is the largest number of one address in five minutes.
    package static let failedLogins = "auth.failed_logins_of_one_address"
    /// Until the server's certificate ends.
    package static let certificateDays = "certificate.days_left"
    /// 1: the last check found the audit tree whole, 0: it did not.
    package static let auditIntact = "audit.intact"
    /// Log entries that were dropped.
    package static let logsDropped = "logs.dropped"
}

/// Metrics that others feed and the recorder reads.
package enum TelemetryMetric {
    /// Durations, with labels `tenant` and `status` (an HTTP status).
    package static let tenantRequests = "tutti_tenant_request_seconds"
    /// A counter of bytes, with labels `tenant` and `direction` (in, out).
    package static let tenantBytes = "tutti_tenant_bytes_total"
    /// A counter, with label `outcome` (completed, failed, cancelled).
    package static let jobs = "tutti_jobs_total"
    /// A counter, with labels `operation` and `tenant`.
    package static let vaultOperations = "tutti_vault_operations_total"
    /// Durations, with labels `algorithm` and `tenant`.
    package static let vaultKeySeconds = "tutti_vault_key_generation_seconds"
    package static let logsDropped = "tutti_logs_dropped_total"
    package static let probesUnanswered = "tutti_probes_unanswered_total"
}
