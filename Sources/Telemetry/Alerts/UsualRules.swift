extension AlertRule {
    package static let failedLogins = "auth.failed_logins"
    package static let serviceUnanswered = "service.unanswered"

    /// The rules of a coordinator; docs/telemetry.md has them as a table.
    package static let usual: [AlertRule] = [
        AlertRule(
            id: "http.error_rate", severity: .high, title: "Many requests fail",
            measure: .share(
                of: SeriesSelector(SeriesName.requests, [Metrics.Label("status", "5xx")]), among: SeriesSelector(SeriesName.requests), windowSeconds: 300),
            threshold: 5, clearsAt: 2, holdSeconds: 60, countMin: 20,
            text: "{value} % of {count} requests in 5 minutes were answered with a 5xx status other than 501; the limit is {threshold} %.",
            action: "Look for the first error in the log; a full disk and a service that was stopped are the usual causes."),
        AlertRule(
            id: "http.latency_p99", severity: .warning, title: "Requests are slow",
            measure: .value(SeriesSelector(SeriesName.requests), .quantile(0.99), windowSeconds: 300), threshold: 1, clearsAt: 0.75, holdSeconds: 120,
            countMin: 50, text: "One request in a hundred took more than {value} s, of {count} in 5 minutes; the limit is {threshold} s.",
            action: "Compare CPU, memory and disk of the same time; lower server.max_requests or give the machine more."),
        AlertRule(
            id: "system.disk_full", severity: .critical, title: "The disk is all but full",
            measure: .value(SeriesSelector(SeriesName.disk), .average, windowSeconds: 60), threshold: 97, clearsAt: 95, holdSeconds: 30,
            text: "{value} % of the data folder's disk is in use; the limit is {threshold} %. Without room nothing new is accepted.",
            action: "Make room or move the folder to a larger disk. Nothing that was acknowledged is lost."),
        AlertRule(
            id: "system.disk_filling", severity: .warning, title: "The disk is filling",
            measure: .value(SeriesSelector(SeriesName.disk), .average, windowSeconds: 60), threshold: 90, clearsAt: 88, holdSeconds: 60,
            text: "{value} % of the data folder's disk is in use; the limit is {threshold} %.", action: "Plan for more room on the disk of the data folder."),
        AlertRule(
            id: "system.memory", severity: .warning, title: "Memory is short",
            measure: .value(SeriesSelector(SeriesName.memory), .average, windowSeconds: 300), threshold: 90, clearsAt: 85, holdSeconds: 120,
            text: "{value} % of the machine's memory was in use over 5 minutes; the limit is {threshold} %.",
            action: "Lower server.body_memory_mb, run fewer sessions at once, or give the machine more memory."),
        AlertRule(
            id: failedLogins, severity: .critical, title: "Many failed logins from one address", measure: .failedLogins, threshold: 9, clearsAt: 2,
            clearSeconds: 300, text: "{value} logins from {subject} failed within 5 minutes; more than {threshold} is an attack or a broken client.",
            action: "Block the address and review the access log; rotate the credentials of the accounts that were tried."),
        AlertRule(
            id: "certificate.ending", severity: .high, title: "The server's certificate ends soon",
            measure: .value(SeriesSelector(SeriesName.certificateDays), .min, windowSeconds: 900), side: .below, threshold: 7, clearsAt: 8,
            text: "The server's certificate ends in {value} days; it should have been renewed {threshold} days before.",
            action: "Look in the log why it is not renewed; tutti-coordinator doctor looks for the cause."),
        AlertRule(
            id: "jobs.failing", severity: .warning, title: "Many jobs fail",
            measure: .shareOfSums(
                of: SeriesSelector(SeriesName.jobs, [Metrics.Label("outcome", "failed")]), among: SeriesSelector(SeriesName.jobs), windowSeconds: 3600),
            threshold: 20, clearsAt: 10, holdSeconds: 60, countMin: 5, text: "{value} % of {count} jobs in an hour failed; the limit is {threshold} %.",
            action: "Look at the errors of the failed jobs."),
        AlertRule(
            id: serviceUnanswered, severity: .high, title: "A service does not answer", measure: .services(windowSeconds: 30), side: .below, threshold: 1,
            countMin: 3, text: "{subject} has not answered for half a minute; it is asked every ten seconds.",
            action: "Look for its last entry in the log, and whether the disk is full or the machine is overloaded."),
        AlertRule(
            id: "audit.broken", severity: .critical, title: "The audit log was changed",
            measure: .value(SeriesSelector(SeriesName.auditIntact), .min, windowSeconds: 900), side: .below, threshold: 1, clearSeconds: 900,
            text: "A check of the audit tree failed: entries were changed or taken away.",
            action: "Keep a copy of the data folder as evidence, then compare it with the last backup."),
    ]
}
