import Foundation
import Trust
import Wire

extension ClientNodeError {
    /// A transport error in words: what failed and whether it is the network or the certificate.
    static func connecting(to endpoint: CoordinatorEndpoint, _ error: any Error) -> ClientNodeError {
        if let known = error as? ClientNodeError { return known }
        if isTrustFault(error) {
            return ClientNodeError(
                .authentication, "The TLS handshake with \(endpoint.authority) failed: \(error).",
                remedy: "Check the address against the names in the server's certificate, the CA, this node's certificate and both clocks: "
                    + "tutti-client doctor --data DIR")
        }
        return ClientNodeError(
            .connection, "\(endpoint.authority) cannot be reached: \(connectionProblem(error)).",
            remedy: "Check that the coordinator is running and that the address and port are right.")
    }

    /// An answer that is not a success, with the coordinator's own words.
    package static func reply(status: Int, body: [UInt8], what: String, retryAfter: Double? = nil) -> ClientNodeError {
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
            remedy =
                "This node's certificate is revoked, replaced or of another tenant: ask the operator for a new token and enrol again with 'tutti-client join'."
        case 404:
            kind = .failed
            remedy = "Check the session's id with: tutti-coordinator session list --data FOLDER"
        case 426, 505:
            kind = .version
            remedy = "Upgrade the older side."
        case 408, 425, 429, 502...504:
            kind = .connection
            remedy = "The coordinator is busy or restarting; try again."
        default:
            kind = .failed
            remedy = "See the coordinator's log for this request."
        }
        return ClientNodeError(
            kind, "\(what) was refused (\(status)): \(ControlCodec.plain(message)).", remedy: remedy, retryAfterSeconds: retryAfter)
    }
}

extension CoordinatorClient {
    /// The body of a reply that is a success.
    package static func read<Reply: Decodable>(_ body: [UInt8], as type: Reply.Type = Reply.self, what: String) throws(ClientNodeError) -> Reply {
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw ClientNodeError(
                .version, "\(what) was answered in a form this client does not know: \(ControlCodec.plain("\(error)")).",
                remedy: "Check that the address is a Tutti coordinator's and that both sides have compatible versions.")
        }
    }
}
