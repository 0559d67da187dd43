import Console

extension Samples {
    static let job = "job_5b1e7e1f0d9c4a7a8f3c2b1a09f8e7d6"

    static func job(_ stage: JobStage, _ number: Int = 0) -> JobStanding {
        var job = JobStanding(
            id: number == 0 ? job : "\(Samples.job)\(number)", name: "Nightly training \(number)", type: "fl_training", service: "fl", stage: stage,
            completed: stage == .queued ? 0 : 12, total: stage == .queued ? nil : 30, createdBy: "k7a8f3c2b1a0", createdAt: start)
        if stage != .queued { job.startedAt = start + 2000 }
        if stage == .completed { job.completed = 30 }
        if stage != .queued, stage != .running { job.finishedAt = start + 90_000 }
        return job
    }

    static var blocked: JobStanding {
        var job = job(.queued, 1)
        job.lacks = [JobLack(what: "not_built", field: "type", asked: "annealing", have: "nothing", fix: "use a coordinator that has it")]
        return job
    }

    static var runningJob: JobModel {
        var model = JobModel(standing: job(.running), priority: "normal")
        model.standing.expectedAt = start + 100_000
        model.session = "fl-session-7"
        (model.runs, model.failures, model.interruptions, model.workedMilliseconds) = (3, 1, 1, 61_250)
        model.log = [
            .init(at: start + 2000, level: "INFO", message: "Processing started"),
            .init(at: start + 9000, level: "WARN", message: "The coordinator’s process ended during run 1"),
        ]
        return model
    }

    static var completedJob: JobModel {
        var model = JobModel(standing: job(.completed), priority: "high")
        model.runs = 1
        model.result = .init(bytes: 412, mediaType: "application/json", digest: String(repeating: "ab", count: 32), model: String(repeating: "cd", count: 32))
        model.figures = [.init("accuracy", "0.91"), .init("held_out.loss", "0.3")]
        return model
    }

    static var failedJob: JobModel {
        var model = JobModel(standing: job(.failed), priority: "low")
        model.problem = .init(code: "training_ended", message: "Session ended after 12 of 30 rounds: budget exhausted")
        return model
    }

    static var jobs: JobsModel {
        var cancelling = job(.running, 3)
        cancelling.cancelAskedAt = start + 5000
        let all = [job(.running), blocked, cancelling, job(.completed, 4), job(.failed, 5), job(.cancelled, 6)]
        return JobsModel(jobs: all, counts: [.running: 2, .queued: 1, .completed: 1, .failed: 1, .cancelled: 20], only: nil, page: 1, hasOlder: true)
    }

    static var hostileJobs: JobsModel {
        let all = hostile.enumerated().map { number, text in
            var job = JobStanding(
                id: "\(text)\(number)", name: text, type: text, service: text, stage: .queued, completed: .max, total: .min, createdBy: text, createdAt: .max)
            (job.lacks, job.startedAt, job.finishedAt) = ([JobLack(what: text, field: text, asked: text, have: text, fix: text)], .min, .max)
            return job
        }
        return JobsModel(jobs: all, counts: [.queued: .max, .failed: .max], only: .queued, page: .max - 1, hasOlder: true)
    }

    static var hostileJob: JobModel {
        let text = hostile.joined(separator: " ")
        var model = JobModel(standing: hostileJobs.jobs[0], priority: text)
        model.session = text
        model.problem = .init(code: text, message: text)
        model.result = .init(bytes: .max, mediaType: text, digest: text, model: text)
        model.figures = hostile.map { .init($0, $0) }
        model.log = hostile.map { .init(at: .min, level: $0, message: $0) }
        model.workedMilliseconds = .max
        return model
    }

    // MARK: Alerts

    static func alert(_ rule: String, _ severity: String, _ limit: AlertLimit?) -> AlertRow {
        var alert = AlertRow(
            rule: rule, title: "The disk is filling", severity: severity, subject: nil, since: start, value: 91.237, limit: limit,
            text: "91.24 % of the disk is in use", action: "Make room.")
        alert.firedAt = start + 60_000
        return alert
    }

    static let disk = AlertLimit(threshold: 90, clearsAt: 88, isFloor: false, unit: "%")
    static let days = AlertLimit(threshold: 7, clearsAt: 8, isFloor: true, unit: "days")

    static var quiet: AlertsModel { AlertsModel(grade: "excellent", firing: [], pending: [], over: [], rules: alerts.rules) }

    static var alerts: AlertsModel {
        var (pending, over) = (alert("system.memory", "warning", disk), alert("auth.failed_logins", "critical", nil))
        pending.firedAt = nil
        (over.subject, over.endedAt) = ("192.0.2.7", start + 400_000)
        return AlertsModel(
            grade: "degraded", firing: [alert("system.disk_filling", "high", disk)], pending: [pending], over: [over],
            rules: [
                AlertRuleRow(
                    id: "system.disk_filling", title: "The disk is filling", severity: "high", reads: "average of system.disk_percent in 1 min", value: 91.237,
                    limit: disk, holdSeconds: 60, clearSeconds: 60, countMin: 1, action: "Make room.", standing: .firing),
                AlertRuleRow(
                    id: "certificate.ending", title: "The certificate ends", severity: "high", reads: "smallest of certificate.days_left in 15 min", value: nil,
                    limit: days, holdSeconds: 0, clearSeconds: 60, countMin: 20, action: "Look in the log.", standing: .quiet),
            ])
    }

    static var hostileAlerts: AlertsModel {
        let rows = hostile.map { text in
            var alert = AlertRow(
                rule: text, title: text, severity: text, subject: text, since: .min, value: .nan, limit: nil, text: text, action: text)
            (alert.firedAt, alert.endedAt) = (.max, .min)
            return alert
        }
        return AlertsModel(grade: hostile[0], firing: rows, pending: rows, over: rows, rules: [])
    }
}
