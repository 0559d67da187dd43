package import APIKit
internal import Storage

/// Where the pages of sessions have their numbers from.
package protocol SessionsSource: Sendable {
    /// Newest first.
    func overview(tenant: String, page: Int) async throws(ServiceError) -> OverviewModel
    /// - Parameter after: the round behind which the rounds begin; nil: the last ones.
    func session(_ id: String, tenant: String, after: Int?) async throws(ServiceError) -> SessionModel
    /// - Parameter keyID: the public part of the key of whoever asks.
    func stop(_ id: String, tenant: String, by keyID: String) async throws(ServiceError)
}

extension Section {
    package static func sessions(_ source: some SessionsSource) -> Section {
        Section(
            title: "Sessions", link: .overview,
            pages: [
                Page("", "console.sessions") { visit throws(ServiceError) in
                    let page = try visit.request.wholeQuery("page", 1...Limits.pages) ?? 1
                    return OverviewPage.content(try await source.overview(tenant: visit.tenant, page: page))
                },
                Page("/sessions/{session_id}", "console.session") { visit throws(ServiceError) in
                    let after = try visit.request.wholeQuery("after", 0...Limits.pages)
                    return SessionPage.content(try await source.session(visit.request.parameter("session_id"), tenant: visit.tenant, after: after))
                },
                Page("/sessions/{session_id}/stop", "console.session_stop") { visit throws(ServiceError) in
                    let model = try await source.session(visit.request.parameter("session_id"), tenant: visit.tenant, after: nil)
                    return StopPage.content(model.standing, csrf: visit.csrf)
                },
            ],
            actions: [
                Action(
                    "/sessions/{session_id}/stop", "console.session_stop", note: Note(.consoleSessionStopped, of: "session", parameter: "session_id")
                ) { visit throws(ServiceError) in
                    let id = visit.request.parameter("session_id")
                    try await source.stop(id, tenant: visit.tenant, by: visit.keyID)
                    return .session(id)
                }
            ])
    }
}
