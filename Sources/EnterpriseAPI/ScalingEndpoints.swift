internal import APIKit
internal import Federation
internal import Foundation
internal import Platform
internal import Storage
internal import StrictJSON

extension TenantScaling.Part: ChoiceValue {}

private struct TargetBody: DescribedRequest {
    static let name = "TargetCapacity"
    var qubits: Int?
    var instances: Int?

    static let fields = [
        FieldOf<TargetBody>("quantum_qubits", \.qubits, Bounds(range: 0...1_000_000), unit: "qubits", note: "as it is where it is left out"),
        FieldOf("compute_instances", \.instances, Bounds(range: 0...256), note: "workers of the tenant's own; as it is where it is left out"),
    ]
}

private struct ScalingBody: DescribedRequest {
    static let name = "TenantScaling"
    var part = TenantScaling.Part.all
    var target: TargetBody?
    var factor: Double?
    var executes = true

    static let fields = [
        FieldOf<ScalingBody>("scaling_type", \.part, isRequired: true, note: "what may change"),
        FieldOf("target_capacity", \.target, note: "by scaling_factor where it is left out"),
        FieldOf("scaling_factor", \.factor, Bounds(range: 0.1...10), note: "1 where it is left out; used where no target is given"),
        FieldOf("execute", \.executes, note: "false: it is planned, and nothing changes"),
    ]

    var scaling: TenantScaling { TenantScaling(part: part, target: target.map { ($0.qubits, $0.instances) }, factor: factor) }
}

private enum ScalingWord: String, ChoiceValue { case success, planned, pending }

private struct CapacityView: Described {
    static let name = "TenantCapacity"
    var capacity: TenantCapacity

    static let fields = [
        FieldOf<CapacityView>("quantum_qubits", \.capacity.qubits, .stored, unit: "qubits"),
        FieldOf("compute_instances", \.capacity.instances, .stored, "workers of the tenant's own"),
    ]
}

private struct ScalingResult: Described {
    static let name = "ScalingResult"
    var isDone: Bool
    var seconds: Double?
    var capacity: CapacityView

    static let fields = [
        FieldOf<ScalingResult>("success", \.isDone, .stored), FieldOf("scaling_time", \.seconds, .measured, unit: "s", "null: it is not done"),
        FieldOf("new_capacity", \.capacity, .stored, "what there is now"),
    ]
}

private struct ScalingCost: Described {
    static let name = "ScalingCost"
    var setup: Double?
    var monthly: Double?
    var currency: String?

    static let fields = [
        FieldOf<ScalingCost>("setup_cost", \.setup, .priced, "null: not priced"),
        FieldOf("monthly_increase", \.monthly, .priced, "of 730 hours, for what was asked for; null: not priced"), FieldOf("currency", \.currency, .priced),
    ]

    init(_ plan: TenantScalingPlan, _ prices: PriceTable, _ tier: PerformanceTier) {
        var (setup, hourly) = (Usage(), Usage())
        let (qubits, instances) = (plan.target.qubits - plan.before.qubits, plan.target.instances - plan.before.instances)
        if qubits != 0 {
            setup.add(.setup(.scaleQuantum), 1)
            hourly.add(.rate(.qubitHour), Decimal(qubits), milliseconds: 3_600_000)
        }
        if instances != 0 {
            setup.add(.setup(.scaleCompute), 1)
            hourly.add(.rate(.instanceHour), Decimal(instances), milliseconds: 3_600_000)
        }
        func shown(_ amount: Decimal?) -> Double? { amount.map { NSDecimalNumber(decimal: PriceTable.rounded($0)).doubleValue } }
        self.setup = shown(prices.cost(of: setup, tier: tier))
        monthly = shown(prices.cost(of: hourly, tier: tier).map(PriceTable.monthly))
        currency = prices.currency
    }
}

private struct ScalingReply: Described {
    static let name = "ScaledTenant"
    var status: ScalingWord
    var id: String
    var result: ScalingResult
    var planned: CapacityView
    var cost: ScalingCost
    var blockedBy: [BlockerBody]

    static let fields = [
        FieldOf<ScalingReply>("status", \.status, .rule("pending")), FieldOf("scaling_id", \.id, .generated),
        FieldOf("scaling_result", \.result, .measured), FieldOf("planned_capacity", \.planned, .request, "what was asked for, worked out"),
        FieldOf("estimated_cost", \.cost, .priced), FieldOf("blocked_by", \.blockedBy, .rule("pending")),
    ]
}

extension Enterprise {
    static func scaling(_ tenants: Tenants, _ terms: TenantTerms) -> [Endpoint] {
        let summary = "Gives a tenant more or less: a tenant's own call up to its tier's cap, the platform's up to what the operator has."
        return [
            Endpoint(
                "POST", "/tenants/{tenant_id}/scale", "tenants.scale", .scope(.tenantManagement), bodyLimitBytes: jsonBodyBytes,
                contract: Contract(summary, request: .json(ScalingBody.shape), replies: [(200, .json(ScalingReply.shape))])
            ) { request throws(ServiceError) in
                let (body, unknown) = try await request.body(ScalingBody.self)
                let record = try await own(request, tenants)
                let (reply, plan) = try await scale(record, body, request, tenants, terms)
                let notices = plan.notices.map { notice("WITHOUT_EFFECT", $0.field, $0.why) }
                return .json(200, reply.json.noting(unknown + notices))
            }
        ]
    }

    private static func scale(
        _ record: TenantRecord, _ body: ScalingBody, _ request: APIRequest, _ tenants: Tenants, _ terms: TenantTerms
    ) async throws(ServiceError) -> (ScalingReply, TenantScalingPlan) {
        let (caller, began) = (try request.principal(), ContinuousClock.now)
        let (id, plan): (String, TenantScalingPlan)
        do {
            (id, plan) = try await tenants.scale(
                record.id, body.scaling, ceiling: caller.isPlatform ? .capacity(terms.qubits) : .tier, executes: body.executes, actor: caller.actor,
                now: Instant(milliseconds: request.nowMilliseconds))
        } catch .allocationTooLarge(let asked, let limit) {
            guard caller.isPlatform else {
                let quota = Quota(type: "quantum_qubits", limit: Int64(limit), used: Int64(record.qubits), resetsAtMilliseconds: nil)
                throw .quotaExceeded(quota, retryAfterSeconds: Self.capRetrySeconds)
            }
            throw .invalid(
                field: body.target?.qubits == nil ? "scaling_factor" : "target_capacity.quantum_qubits",
                issue: "must not lead beyond \(limit) qubits, which is all that this coordinator gives one tenant (quantum.qubits)",
                provided: body.target?.qubits == nil ? JSON(body.factor) : JSON(asked))
        } catch { throw ServiceError(error) }
        let isDone = body.executes && plan.isComplete
        let there = CapacityView(capacity: body.executes ? plan.there : plan.before)
        let result = ScalingResult(isDone: isDone, seconds: isDone ? began.duration(to: .now) / .seconds(1) : nil, capacity: there)
        let blockers = plan.isComplete ? [] : [workers(plan)]
        let reply = ScalingReply(
            status: !body.executes ? .planned : isDone ? .success : .pending, id: id, result: result, planned: CapacityView(capacity: plan.target),
            cost: ScalingCost(plan, terms.prices, record.priceTier), blockedBy: blockers)
        return (reply, plan)
    }

    /// After which a cap may have been lifted: nobody knows when somebody does.
    private static let capRetrySeconds = 3600

    private static func workers(_ plan: TenantScalingPlan) -> BlockerBody {
        BlockerBody(
            what: "not_built", field: "target_capacity.compute_instances", asked: "\(plan.target.instances)", have: "\(plan.there.instances)",
            fix: "needs workers of the tenant's own, which this coordinator does not start")
    }
}
