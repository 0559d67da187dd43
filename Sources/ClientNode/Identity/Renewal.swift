import Trust

/// When a node renews its certificate. Tests have shorter times.
package struct RenewalTimes: Sendable {
    /// The share of its life at which it is due at the latest.
    package var share = 0.5
    /// How much earlier it may be, so that nodes that enrolled together do not come together; of the life.
    package var spread = 0.05
    /// A node that has heard nothing from the coordinator for so long asks whether the authorities have changed.
    package var askSeconds = 300.0
    /// Within so many seconds nodes that hear of it renew.
    package var newsSpreadSeconds = 10.0
    /// Between two tries at most.
    package var retrySecondsMax = 3600.0
    package init() {}
}

package enum Renewal {
    /// Asks for the next certificate with the present one and for a new key, and puts both into the folder. From its return
    /// on the folder holds the new identity whole, and until then the old one.
    package static func renew(_ identity: NodeIdentity, with client: CoordinatorClient, data: String) async throws(ClientNodeError) -> NodeIdentity {
        let key = NodeKey()
        let request: String
        do { request = try key.certificateRequestPEM(commonName: "tutti-client") } catch {
            throw ClientNodeError(.failed, error.message, remedy: error.remedy)
        }
        let reply = try await client.renew(certificateRequestPEM: request)
        guard reply.tenant == identity.card.tenant, reply.client_id == identity.card.client else {
            throw ClientNodeError(
                .integrity, "The coordinator renewed this certificate for another node (\(reply.client_id.prefix(80))).",
                remedy: "It is not used; tell the coordinator's operator.")
        }
        let next = NodeIdentity(card: identity.card, certificatePEM: reply.certificate, authorityPEM: reply.ca_certificate, keyPEM: key.pem)
        // What cannot be used must not take the place of what can.
        _ = try next.tls(data)
        _ = try next.bundle(data)
        try next.replace(in: data)
        return next
    }

    /// By hand, for a node that does not run.
    package static func renew(data: String) async throws(ClientNodeError) -> NodeIdentity {
        let identity = try NodeIdentity.settled(in: data)
        let client = try CoordinatorClient(identity: identity, data: data)
        let result: Result<NodeIdentity, ClientNodeError>
        do throws(ClientNodeError) { result = .success(try await renew(identity, with: client, data: data)) } catch { result = .failure(error) }
        await client.shutdown()
        return try result.get()
    }
}
