package import Federation

/// Makes each call with a key once. Replies are kept in memory: after a restart a key is new again.
package actor IdempotentCalls {
    package enum Outcome: Sendable, Equatable {
        case made(StoredReply)
        /// The first call's reply, and nothing was done.
        case again(StoredReply)
        case refused(IdempotencyRefusal)
    }

    private var store: IdempotencyStore

    package init(limits: IdempotencyStore.Limits = IdempotencyStore.Limits()) { store = IdempotencyStore(limits: limits) }

    /// A reply that is passing (5xx, 429) and an error are not kept, so that the same key can be tried again.
    /// - Parameters:
    ///   - digest: of the body, a cryptographic hash.
    ///   - now: the clock, read when the call begins and when it has ended.
    package nonisolated func once<Failure: Error>(
        _ key: IdempotencyKey, digest: [UInt8], now: @Sendable () -> Instant, _ work: @Sendable () async throws(Failure) -> StoredReply
    ) async throws(Failure) -> Outcome {
        switch await begin(key, digest, now()) {
        case .refused(let refusal): return .refused(refusal)
        case .again(let reply): return .again(reply)
        case .run(let ticket):
            let reply: StoredReply
            do { reply = try await work() } catch {
                await abandon(ticket)
                throw error
            }
            if reply.isPassing { await abandon(ticket) } else { await finish(ticket, reply, now()) }
            return .made(reply)
        }
    }

    private func begin(_ key: IdempotencyKey, _ digest: [UInt8], _ now: Instant) -> IdempotencyStore.Begin { store.begin(key, digest: digest, now: now) }
    private func finish(_ ticket: IdempotencyStore.Ticket, _ reply: StoredReply, _ now: Instant) { store.finish(ticket, reply, now: now) }
    private func abandon(_ ticket: IdempotencyStore.Ticket) { store.abandon(ticket) }
}
