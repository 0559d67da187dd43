import CommandKit
import FaultHarness
import StrictJSON

/// `tutti-bench run api`: what a call costs. A real coordinator answers an authenticated, rate-limited and measured GET over kept TLS
/// connections, and in turn with it a route of Hummingbird that has nothing around it sends the same bytes.
enum APISuite {
    /// Of the bare route's requests a second.
    private static let goal = 0.8
    private static let scopes = ["tenant_management"]

    static func run(_ progress: (String) -> Void) throws -> [BenchRow] {
        let load = try CallLoad()
        let tenant = "/api/v1/tenants/default"
        let bare = try load.bare([try load.asked(tenant)])
        let url = load.cluster.url + tenant
        return try withExtendedLifetime(bare) {
            try load.rows(
                "api",
                [
                    CallLoad.Place("bare", bare.url(0)),
                    // A stored row that is kept in memory: what all calls cost.
                    CallLoad.Place("tenant", url, scopes: scopes, beside: "bare", goal: goal),
                    // The same, and what was measured of it.
                    CallLoad.Place("status", url + "/status", scopes: scopes, beside: "bare"),
                ], progress)
        }
    }
}
