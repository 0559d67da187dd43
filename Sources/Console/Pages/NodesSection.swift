package import APIKit

package protocol NodesSource: Sendable {
    /// By name.
    func nodes(tenant: String) async throws(ServiceError) -> [NodeRow]
}

extension Section {
    package static func nodes(_ source: some NodesSource) -> Section {
        Section(
            title: "Nodes", link: .nodes,
            pages: [
                Page("/nodes", "console.nodes") { visit throws(ServiceError) in
                    NodesPage.content(try await source.nodes(tenant: visit.tenant), now: visit.request.nowMilliseconds)
                }
            ])
    }
}
