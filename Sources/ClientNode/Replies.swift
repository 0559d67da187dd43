import Foundation
import NIOSSL

extension ClientNodeError {
    /// A transport error in words: what failed and whether it is the network, the certificate or the version.
    static func connecting(to endpoint: CoordinatorEndpoint, _ error: any Error) -> ClientNodeError {
        if let known = error as? ClientNodeError { return known }
        let text = "\(error)"
        let isTLS = error is NIOSSLError || error is BoringSSLError || text.contains("SSL") || text.contains("CERTIFICATE")
        if isTLS {
            return ClientNodeError(
                .authentication, "The TLS handshake with \(endpoint.authority) failed: \(text).",
                remedy: "Check the address against the names in the server's certificate, the CA, and both clocks.")
        }
        return ClientNodeError(
            .connection, "\(endpoint.authority) cannot be reached: \(text).",
            remedy: "Check that the coordinator is running and that the address and port are right.")
    }

    /// An answer that is not a success, with the coordinator's own words.
    static func reply(status: Int, body: [UInt8], what: String) -> ClientNodeError {
        struct Envelope: Decodable {
            struct Detail: Decodable {
                var field: String?
                var issue: String?
            }
            struct Failure: Decodable {
                var code: String
                var message: String
                var details: Detail?
            }
            var error: Failure
        }
        let failure = try? JSONDecoder().decode(Envelope.self, from: Data(body)).error
        var message = failure?.message ?? "no explanation"
        if let field = failure?.details?.field { message += " (\(field)\(failure?.details?.issue.map { ": " + $0 } ?? ""))" }
        let kind: Kind
        let remedy: String
        switch status {
        case 401, 403:
            kind = .authentication
            remedy = "Check that this node is enrolled, not revoked, and belongs to the session's tenant."
        case 404:
            kind = .failed
            remedy = "Check the session's id with: tutti-coordinator session list"
        case 426, 505:
            kind = .version
            remedy = "Upgrade the older side."
        default:
            kind = .failed
            remedy = "See the coordinator's log for this request."
        }
        return ClientNodeError(kind, "\(what) was refused (\(status)): \(message).", remedy: remedy)
    }

    /// Whether trying again later can help.
    var isRetryable: Bool { kind == .connection }
}
