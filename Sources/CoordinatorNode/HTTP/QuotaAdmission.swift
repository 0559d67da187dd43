import APIKit
import Federation
import Platform
import Storage

/// Counts calls: those under way, of a tenant in all families together, and those of an hour, one window for each caller and family. Both
/// limits are those of the tenant's plan.
struct QuotaAdmission: CallAdmission {
    let quotas: Quotas
    let tenants: Tenants

    func admit(_ request: APIRequest) async -> AdmittedCall {
        // A session's own token says nothing of a tenant before the session is asked.
        guard let who = request.caller.name, let id = request.caller.tenant else { return AdmittedCall() }
        let (subject, limit, concurrent): (QuotaSubject, Int, Int)
        do {
            concurrent = try await tenants.tenant(id).performanceTier.concurrentOperations
            (subject, limit) = try await counted(request.caller, who, id, request.family)
        } catch { return AdmittedCall(refused: ServiceError(error)) }
        let now = Instant(milliseconds: request.nowMilliseconds)
        let operation: ConcurrencyLimit.Operation
        do { operation = try quotas.begin(tenant: id, limit: concurrent) } catch {
            // It is refused before it is a request: the window is shown as it is.
            return AdmittedCall(headers: headers(quotas.look(subject, limit: limit, now: now), request), refused: ServiceError(error))
        }
        do {
            let decision = try quotas.take(subject, limit: limit, now: now)
            let told = headers(decision, request)
            if decision.allowed { return AdmittedCall(headers: told) { [quotas] in quotas.end(operation) } }
            quotas.end(operation)
            return AdmittedCall(headers: told, refused: ServiceError(.requests(decision)))
        } catch {
            quotas.end(operation)
            return AdmittedCall(refused: ServiceError(error))
        }
    }

    func window(_ request: APIRequest) async -> [(name: String, value: String)] {
        guard let who = request.caller.name, let id = request.caller.tenant,
            let (subject, limit) = try? await counted(request.caller, who, id, request.family)
        else { return [] }
        return headers(quotas.look(subject, limit: limit, now: Instant(milliseconds: request.nowMilliseconds)), request)
    }

    /// Whose window it is and how large. Whoever acts for several tenants has one, in its own: more children are no more calls.
    private func counted(
        _ caller: Caller, _ who: String, _ tenant: String, _ family: APIFamily
    ) async throws(TenantError) -> (subject: QuotaSubject, limit: Int) {
        let own = caller.quotaTenant ?? tenant
        let plan = try await tenants.tenant(own).plan(family)
        let limit = plan.requestsPerHour(keyLimit: caller.rateLimit?.perHour, givenByPlatform: caller.rateLimit?.isOfPlatform == true)
        return (QuotaSubject(tenant: own, principal: who, family: family), limit)
    }

    private func headers(_ decision: RateDecision, _ request: APIRequest) -> [(name: String, value: String)] {
        decision.headers(request.family).filter { $0.name != "retry-after" }
    }
}

extension ServiceError {
    fileprivate init(_ error: QuotaError) {
        switch error {
        case .requests(let decision):
            let quota = Quota(
                type: "requests", limit: Int64(decision.limit), used: Int64(decision.limit), resetsAtMilliseconds: decision.resetAt.milliseconds)
            self = .quotaExceeded(quota, retryAfterSeconds: decision.retryAfterSeconds)
        case .concurrentOperations(let limit, let used):
            // Nobody knows when one of them ends.
            let quota = Quota(type: error.quotaType, limit: Int64(limit), used: Int64(used), resetsAtMilliseconds: nil)
            self = .quotaExceeded(quota, retryAfterSeconds: error.retryAfterSeconds)
        case .crowded(let seconds): self = .unavailable("too many callers are being counted", retryAfterSeconds: seconds)
        }
    }
}
