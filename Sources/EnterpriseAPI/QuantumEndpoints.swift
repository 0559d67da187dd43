internal import APIKit
internal import Federation
internal import Platform
internal import QuantumService
internal import Storage
internal import StrictJSON

extension Enterprise {
    /// What begins a refusal for want of the annealer: its code is a word of the document.
    static let annealer = "annealer "
    /// Of a simulated register of qubits, once there is one.
    private static let gateQubits = 24
    private static let quotaRetrySeconds = 3600

    static func quantum(_ leases: Leases, _ tenants: Tenants, _ terms: TenantTerms, _ tools: AnnealerTools?) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/quantum/allocate", "quantum.allocate", .scope(.quantumResources),
                "Leases capacity of the annealer, which is a simulator on ordinary processors.", takes: AllocationBody.self, gives: AllocationView.self
            ) { request, body throws(ServiceError) in
                let (caller, now) = (try request.principal(), Instant(milliseconds: request.nowMilliseconds))
                let asked = LeaseRequest(
                    qubits: body.qubits, seconds: body.seconds, priority: body.priority.priority, workload: body.workload, strategy: try strategy(body))
                let estimate = try await leasing(request) { () async throws(LeaseFailure) in try await leases.estimate(tenant: caller.tenant, now: now) }
                let lease = try await leasing(request) { () async throws(LeaseFailure) in
                    try await leases.allocate(asked, tenant: caller.tenant, actor: caller.actor, now: now)
                }
                return AllocationView(lease, estimate, try await tools?.latest(), now: now)
            }.refusing(501, 503),
            Endpoint(
                "GET", "/quantum/allocations/{allocation_id}", "quantum.allocation", .scope(.quantumResources), "An allocation, with what was done by it.",
                gives: AllocationView.self
            ) { request throws(ServiceError) in
                let tenant = try request.principal().tenant
                let lease = try await leasing(request) { () async throws(LeaseFailure) in
                    try await leases.find(request.parameter("allocation_id"), tenant: tenant)
                }
                return try await view(lease, request, leases, tools)
            },
            Endpoint(
                "DELETE", "/quantum/allocations/{allocation_id}", "quantum.release", .scope(.quantumResources),
                "Ends an allocation before its time; one that has ended stays as it is.", gives: AllocationView.self
            ) { request throws(ServiceError) in
                let (caller, now) = (try request.principal(), Instant(milliseconds: request.nowMilliseconds))
                let lease = try await leasing(request) { () async throws(LeaseFailure) in
                    try await leases.release(request.parameter("allocation_id"), tenant: caller.tenant, actor: caller.actor, now: now)
                }
                return try await view(lease, request, leases, tools)
            },
            Endpoint(
                "GET", "/quantum/usage", "quantum.usage", .scope(.quantumResources), "What was leased and used in the last time.",
                query: [
                    .query("period", UsagePeriod.self, usual: "1d", note: "up to now"),
                    .query("metrics", String.self, note: "names between commas; all where it is left out"),
                ],
                gives: QuantumUsageView.self
            ) { request throws(ServiceError) in
                let (tenant, now) = (try request.principal().tenant, Instant(milliseconds: request.nowMilliseconds))
                let period = try request.choiceQuery("period", UsagePeriod.self) ?? .day
                let shown = try usageMetrics(request)
                let usage = try await leasing(request) { () async throws(LeaseFailure) in
                    try await leases.usage(tenant: tenant, seconds: period.seconds, now: now)
                }
                let record = try await asking { () async throws(TenantError) in try await tenants.tenant(tenant) }
                return QuantumUsageView(period: period, shown: shown, usage: usage, cost: QuantumCost(usage, terms.prices, record.priceTier), measured: try await tools?.latest())
            },
        ]
    }

    private static func view(_ lease: LeaseRecord, _ request: APIRequest, _ leases: Leases, _ tools: AnnealerTools?) async throws(ServiceError) -> AllocationView {
        let now = Instant(milliseconds: request.nowMilliseconds)
        // As it was when the lease began.
        let estimate = try await leasing(request) { () async throws(LeaseFailure) in try await leases.estimate(tenant: lease.tenant, now: lease.allocatedAt) }
        return AllocationView(lease, estimate, try await tools?.latest(), now: now)
    }

    private static func strategy(_ body: AllocationBody) throws(ServiceError) -> LeaseStrategy {
        if let strategy = LeaseStrategy(rawValue: body.strategy.rawValue) { return strategy }
        guard body.qubits <= gateQubits else {
            let need = body.qubits < 60 ? "\(UInt64(16) << UInt64(body.qubits))" : "more than 2 to the \(body.qubits)"
            throw .invalid(
                field: "qubits", issue: "must be at most \(gateQubits) for gate_model: \(body.qubits) would take \(need) bytes of memory",
                provided: JSON(body.qubits))
        }
        let built = LeaseStrategy.allCases.map(\.rawValue).joined(separator: ", ")
        throw .notImplemented(
            feature: "allocation_strategy", "allocation_strategy 'gate_model' is documented and not built yet; \(built) are",
            provided: .string(body.strategy.rawValue))
    }

    private static func usageMetrics(_ request: APIRequest) throws(ServiceError) -> Set<UsageMetric> {
        guard let text = request.query("metrics") else { return Set(UsageMetric.allCases) }
        var (shown, notices): (Set<UsageMetric>, [JSON]) = ([], [])
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            shown.insert(try UsageMetric.read(.string(String(name.trimmingPrefix { $0 == " " })), at: "metrics", .none, &notices))
        }
        return shown
    }

    static func leasing<Value: Sendable>(_ request: APIRequest, _ call: () async throws(LeaseFailure) -> Value) async throws(ServiceError) -> Value {
        func wait(_ nextEnd: Instant?) -> Int {
            let seconds = nextEnd.map { $0.seconds(since: Instant(milliseconds: request.nowMilliseconds)).rounded(.up) }
            return seconds.map { Int(max(1, min($0, 86_400))) } ?? quotaRetrySeconds
        }
        do { return try await call() } catch {
            switch error {
            case .notFound(let what): throw .notFound(what)
            case .beyondPlan(let limit, let used, let nextEnd):
                let quota = Quota(type: "quantum_qubits", limit: Int64(limit), used: Int64(used), resetsAtMilliseconds: nextEnd?.milliseconds)
                throw .quotaExceeded(quota, retryAfterSeconds: wait(nextEnd))
            case .beyondCapacity(let limit, let used, let nextEnd):
                throw .unavailable("\(annealer)has \(limit) qubits, of which \(used) are leased", retryAfterSeconds: wait(nextEnd))
            case .tooMany(let limit):
                let quota = Quota(type: "quantum_allocations", limit: Int64(limit), used: Int64(limit), resetsAtMilliseconds: nil)
                throw .quotaExceeded(quota, retryAfterSeconds: 86_400)
            case .tenant(let error): throw ServiceError(error)
            case .storage(let error): throw ServiceError(error)
            }
        }
    }
}
