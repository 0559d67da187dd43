import APIKit
import Platform
import StrictJSON
import Synchronization
import Telemetry

/// The paths that belong to no document: is the process alive, does it serve, what does it measure. Being the last
/// family asked, it also answers every path that nobody owns.
enum SystemFamily {
    /// - Parameter errors: the family whose error form also answers unknown paths.
    static func family(readiness: Readiness, metrics: Metrics, errors: Family) -> Family {
        @Sendable func ready(_: APIRequest) async throws(ServiceError) -> APIReply {
            let phase = readiness.phase
            return .json(phase == .serving ? 200 : 503, ["status": .string(phase.rawValue)])
        }
        return Family(
            .v4, bases: [""],
            endpoints: [
                Endpoint("GET", "/livez", "livez", .open) { _ throws(ServiceError) in .json(["status": "alive"]) },
                Endpoint("GET", "/readyz", "readyz", .open, ready), Endpoint("GET", "/health", "health", .open, ready),
                Endpoint("GET", "/metrics", "metrics", .administrator) { _ throws(ServiceError) in
                    APIReply(200, .bytes(Array(metrics.prometheusText().utf8), type: "text/plain; version=0.0.4; charset=utf-8"))
                },
            ],
            errorShape: errors.errorShape, envelope: errors.envelope)
    }
}

/// Whether the server takes requests: what `/readyz` says.
final class Readiness: Sendable {
    enum Phase: String, Sendable { case starting, serving, draining }
    private let state = Mutex(Phase.starting)

    var phase: Phase { state.withLock { $0 } }

    /// Requests are answered, unless the stop has come already.
    func serve() { state.withLock { if $0 == .starting { $0 = .serving } } }
    func drain() { state.withLock { $0 = .draining } }
}
