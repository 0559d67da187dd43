internal import CryptoSuite
internal import Storage
internal import StrictJSON
internal import Trust

/// What webhooks are told of a job. The event goes into the transaction that ends it.
enum JobEvents {
    /// - Parameter job: final; it ends once, so that its id is the key.
    static func ended(_ job: JobRecord) -> OutboxEvent {
        var data: [JSON.Member] = [.init("job_id", .string(job.id)), .init("status", .string(job.state.rawValue))]
        let event: WebhookEvent
        switch job.state {
        case .completed:
            event = .jobCompleted
            // Below the base of the family, as the document prints it.
            data.append(.init("results_url", .string("/jobs/\(job.id)/results")))
        case .failed:
            event = .jobFailed
            data.append(.init("error", job.error.map { ["code": .string($0.code), "message": .string($0.message)] } ?? .null))
            data.append(.init("attempts", JSON(job.attempts)))
        case .cancelled, .queued, .running: event = .jobCancelled
        }
        return event.outboxEvent(key: job.id, tenant: job.tenant, at: job.finishedAt ?? job.createdAt, data: .object(data), .system)
    }
}
