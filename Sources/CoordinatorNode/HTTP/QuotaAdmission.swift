import APIKit
import Federation
import Platform

/// Counts calls in the documented windows: one for each caller and family, with the limit of the tenant's plan.
struct QuotaAdmission: CallAdmission {
    let quotas: Quotas
    let tenants: Tenants

    func admit(_ request: APIRequest) async -> (headers: [(name: String, value: String)], refused: ServiceError?) {
        // A session's own token says nothing of a tenant before the session is asked.
        guard let who = request.caller.name, let id = request.caller.tenant else { return ([], nil) }
        let limit: Int
        do { limit = try await tenants.tenant(id).plan(request.family).requestsPerHour } catch { return ([], ServiceError(error)) }
        do {
            let decision = try await quotas.take(
                QuotaSubject(tenant: id, principal: who, family: request.family), limit: limit, now: Instant(milliseconds: request.nowMilliseconds))
            let headers = decision.headers(request.family).map { (name: $0.name.lowercased(), value: $0.value) }.filter { $0.name != "retry-after" }
            guard !decision.allowed else { return (headers, nil) }
            let quota = Quota(
                type: "requests", limit: Int64(decision.limit), used: Int64(decision.limit), resetsAtMilliseconds: decision.resetAt.milliseconds)
            return (headers, .quotaExceeded(quota, retryAfterSeconds: decision.retryAfterSeconds))
        } catch { return ([], .unavailable("too many callers are being counted", retryAfterSeconds: error.retryAfterSeconds)) }
    }
}
