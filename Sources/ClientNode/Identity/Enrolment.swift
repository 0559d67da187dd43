import Foundation
import NIOPosix
import Trust
import TuttiConfiguration

/// `join`: a one-use token and the pin of the coordinator's CA become a certificate. The key is made here and stays.
package enum Enrolment {
    /// Several nodes, a few at a time. The first failure ends it; who is enrolled by then stays so.
    package static func join(
        url: String, pin: String, many nodes: [(token: String, data: String)]
    ) async throws(ClientNodeError) -> [NodeIdentity] {
        let results = await withTaskGroup(of: Result<NodeIdentity, ClientNodeError>.self) { group in
            var results: [Result<NodeIdentity, ClientNodeError>] = []
            var (started, isGoing) = (0, true)
            while true {
                if isGoing, started < nodes.count, started - results.count < Limits.enrolments {
                    let node = nodes[started]
                    started += 1
                    group.addTask { await enrolled(url: url, pin: pin, node) }
                    continue
                }
                guard let result = await group.next() else { return results }
                results.append(result)
                if case .failure = result { isGoing = false }
            }
        }
        var identities: [NodeIdentity] = []
        for result in results { identities.append(try result.get()) }
        return identities.sorted { $0.card.client < $1.card.client }
    }

    private static func enrolled(
        url: String, pin: String, _ node: (token: String, data: String)
    ) async -> Result<NodeIdentity, ClientNodeError> {
        do throws(ClientNodeError) { return .success(try await join(url: url, token: node.token, pin: pin, data: node.data)) } catch {
            return .failure(error)
        }
    }

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
        let group = MultiThreadedEventLoopGroup.singleton
        do {
            let request = try key.certificateRequestPEM(commonName: "tutti-client")
            let authority = try await PinnedBootstrap(pin: pin).authorityPEM(
                host: endpoint.host, port: endpoint.port, group: group)
            // From here on an ordinary connection: chain, dates and name are checked against the pinned authority.
            let client = try CoordinatorClient(endpoint: endpoint, tls: try clientTLS(authorityPEM: authority), group: group)
            let reply: CoordinatorClient.EnrolmentReply
            do { reply = try await client.enrol(token: token, certificateRequestPEM: request) } catch {
                await client.shutdown()
                guard error.kind == .authentication else { throw error }
                // Whoever enrols has no certificate yet that could be at fault.
                throw ClientNodeError(.authentication, error.message, remedy: "Ask the operator for a new token (tutti-coordinator token create).")
            }
            await client.shutdown()
            let identity = NodeIdentity(
                card: .init(coordinator: endpoint.url, tenant: reply.tenant, client: reply.client_id),
                certificatePEM: reply.certificate, authorityPEM: reply.ca_certificate, keyPEM: key.pem)
            try identity.save(to: data)
            _ = try MemberKey.loadOrMake(in: data)
            ClientSettings.writeTemplate(data: data)
            return identity
        } catch let error as ClientNodeError {
            throw error
        } catch let error as TrustError {
            let kind: ClientNodeError.Kind =
                switch error {
                case .pin: .usage
                case .connection: .connection
                default: .authentication
                }
            throw ClientNodeError(kind, error.message, remedy: error.remedy)
        } catch {
            throw ClientNodeError.connecting(to: endpoint, error)
        }
    }
}
