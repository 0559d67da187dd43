internal import Storage

/// What jobs of a type took, by the last ones that were completed. Counts and measurements; nothing without them.
struct JobHistory {
    private var taken: [JobType: [(units: Double, seconds: Double)]] = [:]

    /// The oldest first.
    mutating func add(_ job: JobRecord) {
        guard job.state == .completed else { return }
        // A job that did not count is one unit.
        let one = (units: Double(max(1, job.progress.completed)), seconds: Double(job.workedMilliseconds) / 1000)
        taken[job.type] = ((taken[job.type] ?? []) + [one]).suffix(JobLimits.historyJobs)
    }

    /// Seconds of one unit, and units of one job; nil: no job of the type was completed.
    func mean(_ type: JobType) -> (unitSeconds: Double, units: Double)? {
        guard let jobs = taken[type], !jobs.isEmpty else { return nil }
        let units = jobs.reduce(0) { $0 + $1.units }
        return (jobs.reduce(0) { $0 + $1.seconds } / units, units / Double(jobs.count))
    }
}
