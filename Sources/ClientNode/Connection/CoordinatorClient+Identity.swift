import CryptoSuite
import Foundation
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrictJSON
import Trust

extension CoordinatorClient {
    /// The connection of an enrolled node: its certificate, its coordinator's authorities, the hybrid key exchange only.
    package convenience init(identity: NodeIdentity, data: String, limits: TimeLimits = TimeLimits()) throws(ClientNodeError) {
        try self.init(
            endpoint: try CoordinatorEndpoint(identity.card.coordinator), tls: try identity.tls(data), group: MultiThreadedEventLoopGroup.singleton,
            limits: limits, bundle: try identity.bundle(data))
    }

    /// What begins from now on begins with this identity; what is under way ends with the one it has.
    func adopt(_ identity: NodeIdentity, data: String) async throws(ClientNodeError) {
        await replaceLine(try makeLine(try identity.tls(data)), bundle: try identity.bundle(data))
    }

    func renew(certificateRequestPEM: String) async throws(ClientNodeError) -> EnrolmentReply {
        let body: JSON = ["csr": .string(certificateRequestPEM)]
        return try await call(.POST, Self.family + "/nodes/renew", body.encoded(), what: "Renewing the certificate")
    }
}

extension NodeIdentity {
    func tls(_ data: String) throws(ClientNodeError) -> TLSConfiguration {
        do throws(TrustError) {
            return try clientTLS(authorityPEM: authorityPEM, certificatePEM: certificatePEM, keyPEM: keyPEM, postQuantumOnly: true)
        } catch { throw Self.unusable(data, error) }
    }

    /// Digest of the authorities this node trusts, as its coordinator writes it.
    func bundle(_ data: String) throws(ClientNodeError) -> String {
        do throws(TrustError) { return hexadecimal(try Authorities.digest(bundlePEM: authorityPEM)) } catch { throw Self.unusable(data, error) }
    }

    private static func unusable(_ data: String, _ error: TrustError) -> ClientNodeError {
        ClientNodeError(.authentication, "The identity in \(data) is not usable: \(error).", remedy: "Enrol again with a new token.")
    }
}
