/// One job: how it stands, what it waits for, why it failed, what it left, and what happened to it.
package enum JobPage {
    package static func content(_ model: JobModel) -> PageContent {
        let job = model.standing
        return PageContent(title: "\(job.stage.rawValue) · \(job.name)", isLive: job.stage.isOpen) {
            HTML(.p, [.class("trail")]) { HTML(.a, [.href(.jobs())]) { "Jobs" } }
            HTML(.h1) { HTML(.bdi) { job.name } }
            HTML(.p, [.id("news"), .of(.role, "status"), .class("unseen")]) { news(model) }
            HTML(.div, [.id("standing"), .data("part", "")]) { standing(model) }
            HTML(.section, [.aria("labelledby", "result-title")]) {
                HTML(.h2, [.id("result-title")]) { "Result" }
                HTML(.div, [.id("result"), .data("part", "")]) { result(model) }
            }
            HTML(.section, [.aria("labelledby", "history-title")]) {
                HTML(.h2, [.id("history-title")]) { "History" }
                HTML(.div, [.id("history"), .data("part", "")]) {
                    times(model)
                    log(model)
                }
            }
            HTML(.div, [.id("ending"), .data("part", "")]) {
                if job.mayBeCancelled { HTML(.p) { HTML(.a, [.class("button danger"), .id("cancel"), .href(.cancel(job.id))]) { "Cancel this job…" } } }
            }
        }
    }

    /// What is said aloud when it changes.
    private static func news(_ model: JobModel) -> String {
        let job = model.standing
        guard job.stage == .running else { return "The job is \(job.stage.rawValue)." }
        return job.progress == Words.unknown ? "The job is running." : "The job is running, progress \(job.progress)."
    }

    @HTMLBuilder private static func standing(_ model: JobModel) -> HTML {
        let job = model.standing
        HTML(.p, [.class("lead")]) {
            HTML.badge(job.stage.rawValue, job.stage.kind)
            HTML(.span) {
                "\(job.work), "
                HTML(.bdi) { job.service }
            }
            HTML(.span, [.class("muted id")]) { HTML(.bdi) { job.id } }
        }
        if let session = model.session {
            HTML(.p) {
                "It trains the session "
                HTML(.a, [.href(.session(session)), .id("session")]) { HTML(.bdi) { session } }
                "."
            }
        }
        if job.stage.isOpen, job.cancelAskedAt != nil { HTML(.p) { "Somebody has cancelled it. It ends at its next checkpoint." } }
        if let problem = model.problem {
            HTML(.p, [.class("problem"), .id("failure")]) {
                HTML(.strong) { HTML(.bdi) { problem.code } }
                ": "
                HTML(.bdi) { problem.message }
            }
        }
        if !job.lacks.isEmpty {
            HTML.table(
                "lacks-table", caption: HTML("What it waits for. It starts by itself when that is there."), label: "What the job waits for",
                head: [.column("What"), .column("Asked for"), .column("There is"), .column("What to do")],
                body: job.lacks.map { lack in
                    HTML(.tr) {
                        HTML(.th, [.of(.scope, "row")]) {
                            HTML(.bdi) { OverviewPage.plain(lack.what) }
                            HTML(.small, [.class("id")]) { HTML(.bdi) { lack.field } }
                        }
                        HTML(.td) { HTML(.bdi) { lack.asked } }
                        HTML(.td) { HTML(.bdi) { lack.have } }
                        HTML(.td, [.class("prose")]) { HTML(.bdi) { lack.fix } }
                    }
                })
        }
        HTML(.dl, [.class("figures")]) {
            HTML.figure("Progress", job.progress, job.total == nil ? "" : "units of work")
            HTML.figure("Runs", "\(model.runs)", runs(model))
            HTML.figure("Worked", Words.fixed(Double(model.workedMilliseconds) / 1000, 1), "s in runners")
            HTML.figure("Priority", model.priority, "")
        }
    }

    private static func runs(_ model: JobModel) -> String {
        var parts: [String] = []
        if model.failures > 0 { parts.append("\(model.failures) failed") }
        if model.interruptions > 0 { parts.append("\(model.interruptions) interrupted") }
        return parts.joined(separator: ", ")
    }

    @HTMLBuilder private static func result(_ model: JobModel) -> HTML {
        if let result = model.result {
            HTML(.p) {
                HTML(.a, [.href(.result(model.standing.id)), .id("download"), .class("button")]) { "Download the result" }
            }
            HTML.table(
                "result-table", caption: HTML("The file, and what was measured."), label: "Result", head: [.column("What"), .column("Value")],
                body: (facts(result) + model.figures).map { figure in
                    HTML(.tr) {
                        HTML(.th, [.of(.scope, "row")]) { HTML(.bdi) { figure.name } }
                        HTML(.td, [.class("id")]) { HTML(.bdi) { figure.value } }
                    }
                })
        } else {
            HTML(.p, [.class("empty")]) { model.standing.stage.isOpen ? "There is none yet." : "It left none." }
        }
    }

    private static func facts(_ result: JobModel.Result) -> [JobModel.Figure] {
        [.init("bytes", "\(result.bytes)"), .init("media type", result.mediaType), .init("SHA-256", result.digest)]
            + (result.model.map { [.init("SHA-256 of the model", $0)] } ?? [])
    }

    private static func times(_ model: JobModel) -> HTML {
        let job = model.standing
        let moments: [(name: String, at: Int64?)] = [
            ("created", job.createdAt), ("not before", job.scheduledAt), ("started", job.startedAt), ("cancellation asked for", job.cancelAskedAt),
            (job.stage.isOpen ? "ended" : job.stage.rawValue, job.finishedAt), ("expected to end", job.stage.isOpen ? job.expectedAt : nil),
        ]
        return HTML.table(
            "times-table",
            caption: HTML(.span) {
                "Asked for by "
                HTML(.bdi) { job.createdBy }
                ". The end is expected by what jobs of this kind took before."
            },
            label: "Times", head: [.column("What"), .column("When")],
            body: moments.filter { $0.at != nil }.map { moment in
                HTML(.tr) {
                    HTML(.th, [.of(.scope, "row")]) { moment.name }
                    HTML(.td) { Words.time(moment.at) }
                }
            })
    }

    @HTMLBuilder private static func log(_ model: JobModel) -> HTML {
        if model.log.isEmpty {
            HTML(.p, [.class("empty after")]) { "Nothing has been noted yet." }
        } else {
            HTML.table(
                "log-table", caption: HTML("What the job noted, the newest first; the last hundred lines are kept."), label: "Notes of the job",
                head: [.column("When"), .column("Level"), .column("What")],
                body: model.log.reversed().map { line in
                    HTML(.tr) {
                        HTML(.td) { Words.time(line.at) }
                        HTML(.td) { HTML(.bdi) { line.level } }
                        HTML(.td, [.class("prose")]) { HTML(.bdi) { line.message } }
                    }
                })
        }
    }
}
