internal import Federation
package import Storage

/// What a tenant is asked to grow or shrink to.
package struct TenantScaling: Sendable, Equatable {
    /// What may change.
    package enum Part: String, Sendable, CaseIterable { case quantum, compute, all }

    package var part: Part
    /// nil: by the factor. A target without one of its parts leaves that part as it is.
    package var target: (qubits: Int?, instances: Int?)?
    /// nil: 1.
    package var factor: Double?

    package init(part: Part, target: (qubits: Int?, instances: Int?)? = nil, factor: Double? = nil) {
        self.part = part
        self.target = target
        self.factor = factor
    }

    package static func == (a: TenantScaling, b: TenantScaling) -> Bool {
        a.part == b.part && a.target?.qubits == b.target?.qubits && a.target?.instances == b.target?.instances && (a.target == nil) == (b.target == nil)
            && a.factor == b.factor
    }
}

package struct TenantCapacity: Sendable, Equatable {
    /// The most leased at a time.
    package var qubits: Int
    /// Workers of the tenant's own.
    package var instances: Int
    package init(qubits: Int, instances: Int) {
        self.qubits = qubits
        self.instances = instances
    }
}

/// What becomes of a request to scale.
package struct TenantScalingPlan: Sendable, Equatable {
    package var before: TenantCapacity
    /// What was asked for.
    package var target: TenantCapacity
    /// What there is once the plan is carried out: nobody starts workers of a tenant's own here.
    package var there: TenantCapacity
    package var isComputeMeant: Bool
    /// Sent without effect: by field, with why.
    package var notices: [Notice] = []

    package struct Notice: Sendable, Equatable {
        package var field: String
        package var why: String
    }

    package var isComplete: Bool { there == target }
}

extension TenantRules {
    /// - Parameter ceiling: what the tenant has already it may keep, whatever its tier's cap.
    /// - Throws: `allocationTooLarge`.
    package static func plan(_ asked: TenantScaling, for record: TenantRecord, ceiling: AllocationCeiling) throws(TenantError) -> TenantScalingPlan {
        let before = TenantCapacity(qubits: record.qubits, instances: 0)
        var plan = TenantScalingPlan(before: before, target: before, there: before, isComputeMeant: asked.part != .quantum)
        let factor = asked.factor ?? 1
        func note(_ field: String, _ why: String) { plan.notices.append(.init(field: field, why: why)) }
        func scaled(_ count: Int) -> Int { Int((Double(count) * factor).rounded()) }

        if asked.part == .compute {
            if asked.target?.qubits != nil { note("target_capacity.quantum_qubits", "left as it is: scaling_type is compute") }
        } else if let target = asked.target {
            plan.target.qubits = target.qubits ?? before.qubits
        } else {
            plan.target.qubits = scaled(before.qubits)
        }
        // What was asked for earlier stays asked for.
        if plan.isComputeMeant { plan.target.instances = record.computeInstances ?? 0 }
        if let instances = asked.target?.instances {
            if plan.isComputeMeant {
                plan.target.instances = instances
            } else {
                note("target_capacity.compute_instances", "left as it is: scaling_type is quantum")
            }
        }
        if let factor = asked.factor {
            if asked.target != nil {
                let agrees = asked.part == .compute ? factor == 1 : scaled(before.qubits) == plan.target.qubits
                if !agrees { note("scaling_factor", "without effect: target_capacity says something else, and goes before it") }
            } else if plan.isComputeMeant, factor != 1 {
                note("scaling_factor", "without effect on compute_instances: there are none that it could be a multiple of")
            }
        }
        plan.there.qubits = plan.target.qubits
        let limit =
            switch ceiling {
            case .tier: max(record.performanceTier.qubits, before.qubits)
            case .capacity(let capacity): max(0, capacity)
            }
        // What is not to change is not held against what may be given now.
        guard plan.target.qubits == before.qubits || (0...limit).contains(plan.target.qubits) else {
            throw .allocationTooLarge(asked: plan.target.qubits, limit: limit)
        }
        return plan
    }

    static func apply(_ plan: TenantScalingPlan, to record: TenantRecord, now: Instant) -> TenantRecord {
        var changed = record
        if plan.there.qubits != record.qubits {
            changed.quantumAllocation = plan.there.qubits == record.performanceTier.qubits ? nil : plan.there.qubits
        }
        if plan.isComputeMeant, plan.target.instances != record.computeInstances ?? 0 { changed.computeInstances = plan.target.instances }
        if changed != record { changed.updatedAt = max(now, record.updatedAt) }
        return changed
    }
}
