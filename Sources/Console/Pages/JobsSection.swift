package import APIKit
internal import Storage
internal import StrictJSON

/// Where the pages of jobs have their numbers from.
package protocol JobsSource: Sendable {
    /// Newest first.
    func jobs(tenant: String, only: JobStage?, page: Int) async throws(ServiceError) -> JobsModel
    func job(_ id: String, tenant: String) async throws(ServiceError) -> JobModel
    /// - Parameter keyID: the public part of the key of whoever asks.
    func cancel(_ id: String, tenant: String, by keyID: String) async throws(ServiceError)
    func result(_ id: String, tenant: String) async throws(ServiceError) -> ConsoleFile
}

extension Section {
    package static func jobs(_ source: some JobsSource) -> Section {
        Section(
            title: "Jobs", link: .jobs(),
            pages: [
                Page("/jobs", "console.jobs") { visit throws(ServiceError) in
                    let page = try visit.request.wholeQuery("page", 1...Limits.jobPages) ?? 1
                    return JobsPage.content(try await source.jobs(tenant: visit.tenant, only: try stage(visit.request), page: page))
                },
                Page("/jobs/{job_id}", "console.job") { visit throws(ServiceError) in
                    JobPage.content(try await source.job(visit.request.parameter("job_id"), tenant: visit.tenant))
                },
                Page("/jobs/{job_id}/cancel", "console.job_cancel") { visit throws(ServiceError) in
                    let model = try await source.job(visit.request.parameter("job_id"), tenant: visit.tenant)
                    return CancelPage.content(model.standing, csrf: visit.csrf)
                },
            ],
            actions: [
                Action("/jobs/{job_id}/cancel", "console.job_cancel", note: Note(.consoleJobCancelled, of: "job", parameter: "job_id")) {
                    visit throws(ServiceError) in
                    let id = visit.request.parameter("job_id")
                    try await source.cancel(id, tenant: visit.tenant, by: visit.keyID)
                    return .job(id)
                }
            ],
            downloads: [
                Download("/jobs/{job_id}/result", "console.job_result") { visit throws(ServiceError) in
                    try await source.result(visit.request.parameter("job_id"), tenant: visit.tenant)
                }
            ])
    }

    private static func stage(_ request: APIRequest) throws(ServiceError) -> JobStage? {
        guard let text = request.query("state") else { return nil }
        guard let stage = JobStage(rawValue: text) else {
            throw .invalid(field: "state", issue: "must be one of \(JobStage.allCases.map(\.rawValue).joined(separator: ", "))", provided: .string(text))
        }
        return stage
    }
}

extension Link {
    static func jobs(_ only: JobStage? = nil, page: Int = 1) -> Link {
        Link("console", "jobs", query: (only.map { [("state", $0.rawValue)] } ?? []) + (page > 1 ? [("page", "\(page)")] : []))
    }
    static func job(_ id: String) -> Link { Link("console", "jobs", id) }
    static func cancel(_ job: String) -> Link { Link("console", "jobs", job, "cancel") }
    static func result(_ job: String) -> Link { Link("console", "jobs", job, "result") }
}
