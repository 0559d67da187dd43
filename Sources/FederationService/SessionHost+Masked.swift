internal import Compute
internal import Federation
internal import Storage
internal import Telemetry

// Masked updates: nothing of them can be read, so what is checked is whose they are, for which attempt, and how long.
extension SessionHost {
    func maskedUpdate(
        _ client: String, _ claim: UpdateClaim, _ body: [UInt8], _ digest: [UInt8], _ wireBytes: Int, _ started: Instant
    ) async throws(FederationFailure) -> UpdateReceipt {
        guard let expected = machine.maskedUpload(client) else { throw .conflict("no masked round is open for this client", retryAfterSeconds: 1) }
        guard claim.round == expected.key.round, claim.attempt ?? 1 == expected.key.attempt else {
            throw .invalid(field: "round", issue: "must be given with the attempt: \(expected.key.round) and \(expected.key.attempt)", provided: nil)
        }
        let masked: MaskedBody
        do {
            masked = try await around.pool.run(throwing: { () throws(UpdateError) in try MaskedBody(body, expected: expected) })
        } catch {
            handle(.updateRejected(client: client, round: expected.key.round, attempt: expected.key.attempt, reason: "\(error)"))
            around.metrics.add("tutti_updates_total", [("outcome", "rejected")])
            throw error.failure
        }
        // The phase may have been closed while the body was read.
        try await admit(client, expected.key)
        var record = ContributionRecord(
            client: client, round: expected.key.round, attempt: expected.key.attempt, digest: digest, samples: 1, maxAbs: 0, wireBytes: Int64(wireBytes),
            loss: nil, accuracy: nil, receivedAt: started)
        record.masked = masked.facts
        return try await store(record, masked.packed)
    }
}
