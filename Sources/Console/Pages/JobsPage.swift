/// Every job of the tenant, newest first.
package enum JobsPage {
    package static func content(_ model: JobsModel) -> PageContent {
        PageContent(title: "Jobs", isLive: true) {
            HTML(.h1) { "Jobs" }
            HTML(.p, [.id("news"), .of(.role, "status"), .class("unseen")]) { news(model) }
            HTML(.div, [.id("filters"), .data("part", "")]) { filters(model) }
            HTML(.div, [.id("jobs"), .data("part", "")]) {
                if model.jobs.isEmpty {
                    HTML(.p, [.class("empty")]) { nothing(model) }
                    if model.only == nil, model.page == 1 {
                        HTML(.p) {
                            "The API takes them: "
                            HTML(.code) { "POST /api/v2/jobs" }
                        }
                    }
                } else {
                    HTML.table(
                        "jobs-table", caption: HTML("Newest first. Progress counts units of work that are done, of those there are; a training’s are rounds."),
                        label: "Jobs", head: head, body: model.jobs.map(row))
                }
                pages(model)
            }
        }
    }

    private static func news(_ model: JobsModel) -> String {
        "\(Words.count(model.counts[.running] ?? 0, "job")) running, \(model.counts[.queued] ?? 0) queued, \(model.counts[.failed] ?? 0) failed."
    }

    private static func nothing(_ model: JobsModel) -> String {
        if model.page > 1 { return "There are no older jobs." }
        return model.only.map { "No job is \($0.rawValue)." } ?? "There are no jobs yet."
    }

    private static func filters(_ model: JobsModel) -> HTML {
        HTML(.nav, [.aria("label", "Jobs by state"), .class("filters")]) {
            HTML(.ul) {
                filter("All", model.counts.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }, nil, model)
                for stage in JobStage.allCases { filter(stage.rawValue, model.counts[stage] ?? 0, stage, model) }
            }
        }
    }

    private static func filter(_ name: String, _ count: Int, _ stage: JobStage?, _ model: JobsModel) -> HTML {
        HTML(.li) {
            HTML(.a, [.href(.jobs(stage)), .id("filter-\(stage?.rawValue ?? "all")")] + (model.only == stage ? [.aria("current", "true")] : [])) {
                "\(name) \(count)"
            }
        }
    }

    private static var head: [HTML] {
        [
            .column("Job"), .column("State"), .column("Progress", "number"), .column("Kind", "wide"), .column("Asked for by", "wide"),
            .column("Created", "wide"), .column("Started", "wide"), .column("Ended", "wide"), .column("Cancel"),
        ]
    }

    private static func row(_ job: JobStanding) -> HTML {
        HTML(.tr) {
            HTML(.th, [.of(.scope, "row")]) {
                HTML(.a, [.href(.job(job.id)), .id("job-\(job.id)")]) { HTML(.bdi) { job.name } }
                HTML(.small, [.class("id")]) { HTML(.bdi) { job.id } }
            }
            HTML(.td) { state(job) }
            HTML(.td, [.class("number")]) { progress(job) }
            HTML(.td, [.class("wide")]) {
                job.work
                HTML(.small) { HTML(.bdi) { job.service } }
            }
            HTML(.td, [.class("wide id")]) { HTML(.bdi) { job.createdBy } }
            HTML(.td, [.class("wide")]) { Words.time(job.createdAt) }
            HTML(.td, [.class("wide")]) { Words.time(job.startedAt) }
            HTML(.td, [.class("wide")]) { Words.time(job.finishedAt) }
            HTML(.td) {
                if job.mayBeCancelled {
                    HTML(.a, [.href(.cancel(job.id)), .id("cancel-\(job.id)")]) {
                        "Cancel…"
                        // Links that are read one after the other say what each is about.
                        HTML(.span, [.class("unseen")]) { " \(job.name)" }
                    }
                } else {
                    Words.unknown
                }
            }
        }
    }

    @HTMLBuilder static func state(_ job: JobStanding) -> HTML {
        HTML.badge(job.stage.rawValue, job.stage.kind)
        if job.stage.isOpen, job.cancelAskedAt != nil {
            HTML(.small) { "cancelling" }
        } else if job.stage == .queued, let first = job.lacks.first {
            HTML(.small) {
                "waits for "
                HTML(.bdi) { OverviewPage.plain(first.what) }
            }
        }
    }

    @HTMLBuilder static func progress(_ job: JobStanding) -> HTML {
        job.progress
        if let total = job.total {
            HTML(.progress, [.of(.max, "\(max(1, total))"), .of(.value, "\(max(0, min(job.completed, total)))"), .aria("label", "Work done")])
        }
    }

    private static func pages(_ model: JobsModel) -> HTML {
        guard model.page > 1 || model.hasOlder else { return .empty }
        return HTML(.nav, [.class("pages"), .aria("label", "Pages of jobs")]) {
            if model.page > 1 { HTML(.a, [.href(.jobs(model.only, page: model.page - 1)), .id("newer")]) { "Newer jobs" } }
            if model.hasOlder { HTML(.a, [.href(.jobs(model.only, page: model.page + 1)), .id("older")]) { "Older jobs" } }
        }
    }
}

/// Asks once more, for a job that is cancelled does not go on.
package enum CancelPage {
    package static func content(_ job: JobStanding, csrf: String) -> PageContent {
        PageContent(title: "Cancel \(job.name)") {
            HTML(.p, [.class("trail")]) { HTML(.a, [.href(.job(job.id))]) { HTML(.bdi) { job.name } } }
            HTML(.h1) { "Cancel this job?" }
            if job.mayBeCancelled {
                HTML(.p) {
                    "It is \(job.stage.rawValue), its progress \(job.progress). "
                    job.stage == .running ? "It ends at its next checkpoint. " : ""
                    "A job that was cancelled does not go on, and leaves no result."
                        + (job.type == "fl_training" ? " The session that it made is stopped." : "")
                }
                HTML(.form, [.of(.method, "post"), .action(.cancel(job.id)), .class("row")]) {
                    HTML.csrf(csrf)
                    HTML(.button, [.of(.type, "submit"), .class("danger")]) { "Cancel the job" }
                    HTML(.a, [.href(.job(job.id)), .class("button quiet")]) { "Let it go on" }
                }
            } else if job.stage.isOpen {
                HTML(.p) { "It was asked to end already, and does so at its next checkpoint." }
            } else {
                HTML(.p) { "It is \(job.stage.rawValue) already." }
            }
        }
    }
}
