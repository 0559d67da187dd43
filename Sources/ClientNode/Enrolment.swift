import Foundation
import Logging
import NIOPosix
import Trust

/// `join`: a one-use token and the pin of the coordinator's CA become a certificate. The key is made here and stays.
package enum Enrolment {
    package static func join(url: String, token: String, pin: String, data: String) async throws(ClientNodeError)
        -> NodeIdentity
    {
        if NodeIdentity.exists(in: data) {
            throw ClientNodeError(
                .configuration, "\(data) already holds an identity.",
                remedy: "Use it with 'tutti-client run --data \(data)', or give another folder to enrol anew.")
        }
        let endpoint = try CoordinatorEndpoint(url)
        let key = NodeKey()
        let request: String
        let bootstrap: PinnedBootstrap
        do {
            request = try key.certificateRequestPEM(commonName: "tutti-client")
            bootstrap = try PinnedBootstrap(pin: pin)
        } catch {
            throw ClientNodeError(.usage, "\(error)", remedy: "The pin is printed by 'tutti-coordinator init' and 'token create'.")
        }
        let reply = try await bootstrap.enrol(endpoint: endpoint, token: token, request: request)
        let identity = NodeIdentity(
            card: .init(coordinator: endpoint.url, tenant: reply.tenant, client: reply.client_id),
            certificatePEM: reply.certificate, authorityPEM: reply.ca_certificate, keyPEM: key.pem)
        try identity.save(to: data)
        return identity
    }
}
