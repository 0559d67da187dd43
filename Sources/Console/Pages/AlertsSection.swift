package import APIKit

package protocol AlertsSource: Sendable {
    /// - Parameter now: milliseconds since 1970.
    func alerts(now: Int64) async throws(ServiceError) -> AlertsModel
}

extension Section {
    /// Alerts are the whole coordinator's, and of no tenant: whoever signs in here administers it.
    package static func alerts(_ source: some AlertsSource) -> Section {
        Section(
            title: "Alerts", link: .alerts,
            pages: [
                Page("/alerts", "console.alerts") { visit throws(ServiceError) in
                    AlertsPage.content(try await source.alerts(now: visit.request.nowMilliseconds))
                }
            ])
    }
}

extension Link {
    static let alerts = Link("console", "alerts")
}
