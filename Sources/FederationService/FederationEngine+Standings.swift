package import Federation

/// Who takes part in a session, and how each of them stands.
package protocol SessionStandings: Sendable {
    /// By name.
    func standings(_ session: String, tenant: String) async throws(FederationFailure) -> [MemberStanding]
}

extension FederationEngine: SessionStandings {
    package func standings(_ session: String, tenant: String) async throws(FederationFailure) -> [MemberStanding] {
        await (try host(session, tenant: tenant)).standings()
    }
}

extension SessionHost {
    func standings() -> [MemberStanding] { machine.standings(around.now()) }
}
