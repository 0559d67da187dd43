internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Logging
package import Storage
internal import StrictJSON
internal import Synchronization
package import Trust

/// Who keeps models in memory so that they answer.
package protocol ModelLoading: Sendable {
    /// It answers when this returns.
    func load(_ model: ServableModel) async throws
    func unload(_ model: ServableModel) async throws
}

/// What there is of what deployments ask for.
package struct MachineCapacity: Sendable, Equatable {
    package var cores: Int
    package var memoryBytes: Int64
    package init(cores: Int, memoryBytes: Int64) { (self.cores, self.memoryBytes) = (cores, memoryBytes) }
    package static var here: MachineCapacity {
        MachineCapacity(cores: ProcessInfo.processInfo.activeProcessorCount, memoryBytes: Int64(clamping: ProcessInfo.processInfo.physicalMemory))
    }
}

/// What a deployment asks for.
package struct AskedResources: Sendable, Equatable, Codable {
    package var cpu = 1.0
    package var gpu = 0
    package var tpu = 0
    /// As it was written, and in bytes.
    package var memory = "512MB"
    package var memoryBytes: Int64 = 512_000_000
    package var nodes = 1
    package init() {}

    /// `256GB`, `1.5GiB`; nil: it is no size.
    package static func bytes(_ text: String) -> Int64? {
        let units: [(String, Double)] = [
            ("KIB", 1024), ("MIB", 1_048_576), ("GIB", 1_073_741_824), ("TIB", 1_099_511_627_776), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
            ("B", 1),
        ]
        let upper = text.uppercased().filter { $0 != " " }
        guard let unit = units.first(where: { upper.hasSuffix($0.0) }), let number = Double(upper.dropLast(unit.0.count)), number > 0 else { return nil }
        let bytes = (number * unit.1).rounded()
        return bytes < 1e18 ? Int64(bytes) : nil
    }
}

/// What a deployment waits for.
package struct DeploymentBlocker: Sendable, Equatable {
    package var what: String
    package var field: String
    package var asked: String
    package var have: String
    package var fix: String
}

/// How many accelerators the replicas may have, as it was given.
package struct ScalingPolicy: Sendable, Equatable, Codable {
    package var gpuMin: Int
    package var gpuMax: Int
    package var tpu: Bool
    /// Per cent.
    package var threshold: Int
    package var replicasMin: Int
    package var replicasMax: Int
    package init(gpuMin: Int, gpuMax: Int, tpu: Bool, threshold: Int, replicasMin: Int, replicasMax: Int) {
        (self.gpuMin, self.gpuMax, self.tpu, self.threshold) = (gpuMin, gpuMax, tpu, threshold)
        (self.replicasMin, self.replicasMax) = (replicasMin, replicasMax)
    }
}

/// Models that are to answer. Replicas are on this machine; what is asked for beyond it is written down and waits.
package struct Deployments: DeploymentSource {
    private static let lookSeconds = 15.0
    private static let readAtOnce = 1000
    private static let remembered = 10_000
    private let registry: ModelRegistry
    private let loading: (any ModelLoading)?
    private let machine: MachineCapacity
    private let random: RandomSource
    private let answering = AnsweringModels(most: Self.remembered)

    /// - Parameter loading: nil: nobody loads models here, and every deployment waits.
    package init(_ registry: ModelRegistry, loading: (any ModelLoading)?, machine: MachineCapacity = .here, random: RandomSource) {
        (self.registry, self.loading, self.machine, self.random) = (registry, loading, machine, random)
    }

    private var store: any ModelRegistry.Store { registry.store }

    package func deploy(
        _ model: String, isDistributed: Bool, _ asked: AskedResources, scalesByItself: Bool, tenant: String, actor: AuditActor
    ) async throws(RegistryFailure) -> (deployment: DeploymentRecord, blockers: [DeploymentBlocker]) {
        let known = try await registry.find(model, tenant: tenant)
        guard known.status != .archived else { throw .conflict(field: "model_id", issue: "was deleted; nothing new begins with it") }
        let at = registry.now()
        var deployment = DeploymentRecord(
            id: "deploy_" + hexadecimal(random.bytes(8)), tenant: tenant, model: model, isDistributed: isDistributed, resources: Self.encoded(asked),
            scalesByItself: scalesByItself, createdAt: at, createdBy: actor.id)
        deployment.note("Deployment created.", at: at)
        let entry = AuditRecord(at: at, action: .modelDeployed, by: actor, of: deployment.id, details: ["model": model])
        let most = registry.settings.deploymentsMax
        let isAdded: Bool
        do {
            isAdded = try await store.addDeployment(deployment, audit: entry, most: most)
        } catch { throw .storage(error) }
        guard isAdded else { throw .tooMany(what: "deployments", limit: most) }
        return try await consider(deployment)
    }

    package func find(_ id: String, tenant: String) async throws(RegistryFailure) -> DeploymentRecord {
        let found: DeploymentRecord?
        do { found = try await store.deployment(id, tenant: tenant) } catch { throw .storage(error) }
        guard let found else { throw .notFound("deployment \(id.clipped(RegistryLimits.nameBytes))") }
        return found
    }

    /// nil: there is none.
    package func newest(tenant: String) async throws(RegistryFailure) -> DeploymentRecord? {
        do { return try await store.deployments(tenant: tenant, limit: 1).first } catch { throw .storage(error) }
    }

    /// The id of the model that answers for a deployment.
    /// - Throws: `notFound`, `stopped`.
    package func model(of deployment: String, tenant: String) async throws(ModelFailure) -> String {
        if let known = answering.model(of: deployment, tenant: tenant) { return known }
        let changes = answering.changes
        let found: DeploymentRecord
        do { found = try await find(deployment, tenant: tenant) } catch {
            if case .notFound = error { throw .notFound(deployment) }
            throw .internalError(cause: "\(error)")
        }
        guard found.state != .stopped else { throw .stopped(deployment: deployment) }
        answering.keep(found.model, of: deployment, tenant: tenant, asOf: changes)
        return found.model
    }

    /// The id of the newest deployment that answers; nil: there is none.
    package func latest(tenant: String) async throws(ModelFailure) -> String? {
        do throws(StorageError) {
            return try await store.deployments(tenant: tenant, limit: Self.readAtOnce).first { $0.state == .active }?.id
        } catch { throw .internalError(cause: "\(error)") }
    }

    /// Stores the rule; it is followed as far as there are accelerators.
    package func scale(_ id: String, _ policy: ScalingPolicy, tenant: String, actor: AuditActor) async throws(RegistryFailure)
        -> (deployment: DeploymentRecord, blockers: [DeploymentBlocker])
    {
        let at = registry.now()
        let entry = AuditRecord(
            at: at, action: .deploymentScaled, by: actor, of: id,
            details: ["gpu_min": "\(policy.gpuMin)", "gpu_max": "\(policy.gpuMax)", "threshold": "\(policy.threshold)"])
        let rule = Self.encoded(policy)
        let changed: DeploymentRecord?
        do {
            changed = try await store.changeDeployment(id, tenant: tenant) { current in
                guard current.scaling != rule else { return nil }
                var next = current
                (next.scaling, next.scalesByItself) = (rule, true)
                next.note("Scaling policy stored.", at: at)
                return (next, entry)
            }
        } catch { throw .storage(error) }
        guard let changed else { throw .notFound("deployment \(id.clipped(RegistryLimits.nameBytes))") }
        var blockers: [DeploymentBlocker] = []
        if policy.gpuMin > 0 {
            blockers.append(
                DeploymentBlocker(
                    what: "gpu", field: "gpu_min", asked: "\(policy.gpuMin)", have: "0", fix: "none of this coordinator's machines has one"))
        }
        if policy.replicasMin > 1 {
            blockers.append(
                DeploymentBlocker(
                    what: "nodes", field: "replicas_min", asked: "\(policy.replicasMin)", have: "1", fix: "replicas are on this machine alone"))
        }
        return (changed, blockers)
    }

    /// It answers no more. Its model leaves memory where no other deployment of the tenant needs it; calls under way are finished first. One
    /// that was stopped before stays so.
    /// - Returns: whether anything changed, and whether the model left.
    package func stop(_ id: String, tenant: String, actor: AuditActor) async throws(RegistryFailure)
        -> (deployment: DeploymentRecord, changed: Bool, unloaded: Bool)
    {
        let before = try await find(id, tenant: tenant)
        let at = registry.now()
        let entry = AuditRecord(at: at, action: .deploymentStopped, by: actor, of: id, details: ["model": before.model])
        let changed = Mutex(false)
        let after: DeploymentRecord?
        do {
            after = try await store.changeDeployment(id, tenant: tenant) { current in
                guard current.state != .stopped else { return nil }
                changed.withLock { $0 = true }
                var next = current
                (next.state, next.replicas) = (.stopped, 0)
                next.note("Deployment stopped.", at: at)
                return (next, entry)
            }
        } catch { throw .storage(error) }
        answering.forget(id, tenant: tenant)
        guard let after else { throw .notFound("deployment \(id.clipped(RegistryLimits.nameBytes))") }
        let isChanged = changed.withLock { $0 }
        return (after, isChanged, isChanged ? try await release(after) : false)
    }

    /// Takes a model from memory that no deployment of its tenant needs.
    private func release(_ deployment: DeploymentRecord) async throws(RegistryFailure) -> Bool {
        guard let loading else { return false }
        let others: [DeploymentRecord]
        do { others = try await store.deployments(tenant: deployment.tenant, limit: Self.readAtOnce) } catch { throw .storage(error) }
        guard !others.contains(where: { $0.model == deployment.model && $0.state != .stopped }) else { return false }
        guard let model = try await registry.find(deployment.model, tenant: deployment.tenant).servable else { return false }
        do {
            try await loading.unload(model)
            return true
        } catch {
            registry.log.warning("a model could not be unloaded", metadata: ["model": "\(model.id)", "cause": "\(error)"])
            return false
        }
    }

    // MARK: What there is

    /// Brings a deployment as far as it can be brought now.
    func consider(_ deployment: DeploymentRecord) async throws(RegistryFailure) -> (deployment: DeploymentRecord, blockers: [DeploymentBlocker]) {
        var blockers = self.blockers(deployment)
        let record = try await registry.find(deployment.model, tenant: deployment.tenant)
        let servable = record.servable
        switch record.status {
        case .pending:
            blockers.append(blocker("model", "model_id", record.id, "its file is being fetched", "wait until GET /models/\(record.id) says ready"))
        case .failed:
            blockers.append(blocker("model", "model_id", record.id, record.reason ?? "its file was not taken", "register it again with a file that is taken"))
        case .ready, .archived:
            if servable == nil || servable?.format == .stored {
                blockers.append(blocker("runtime", "model_id", record.id, "nothing here computes \(record.kind ?? "it")", "register safetensors or ONNX"))
            } else if loading == nil {
                blockers.append(blocker("runtime", "model_id", record.id, "no runtime", "this coordinator loads no models"))
            }
        }
        guard blockers.isEmpty, let servable, let loading else { return (deployment, blockers) }
        do { try await loading.load(servable) } catch {
            let problem = "\(error)".clipped(256)
            return (deployment, [blocker("runtime", "model_id", record.id, problem, "see the model's state; it is tried again")])
        }
        let at = registry.now()
        let changed: DeploymentRecord?
        do {
            changed = try await store.changeDeployment(deployment.id, tenant: deployment.tenant) { current in
                guard current.state == .pending else { return nil }
                var next = current
                (next.state, next.replicas) = (.active, 1)
                next.note("Model deployed successfully.", at: at)
                return (next, nil)
            }
        } catch { throw .storage(error) }
        // It was stopped while its model came.
        if let changed, changed.state == .stopped { _ = try await release(changed) }
        return (changed ?? deployment, [])
    }

    private func blocker(_ what: String, _ field: String, _ asked: String, _ have: String, _ fix: String) -> DeploymentBlocker {
        DeploymentBlocker(what: what, field: field, asked: asked, have: have, fix: fix)
    }

    private func blockers(_ deployment: DeploymentRecord) -> [DeploymentBlocker] {
        let asked = (try? JSONDecoder().decode(AskedResources.self, from: Data(deployment.resources))) ?? AskedResources()
        let place = "resource_allocation"
        var blockers: [DeploymentBlocker] = []
        if asked.cpu > Double(machine.cores) {
            blockers.append(blocker("cpu", "\(place).cpu", "\(asked.cpu)", "\(machine.cores)", "ask for less, or add nodes"))
        }
        if asked.gpu > 0 { blockers.append(blocker("gpu", "\(place).gpu", "\(asked.gpu)", "0", "no machine here has one; ask for 0")) }
        if asked.tpu > 0 { blockers.append(blocker("tpu", "\(place).tpu", "\(asked.tpu)", "0", "no machine here has one; ask for 0")) }
        if asked.memoryBytes > machine.memoryBytes {
            blockers.append(blocker("memory", "\(place).memory", asked.memory, "\(machine.memoryBytes)B", "ask for less, or add nodes"))
        }
        if asked.nodes > 1 { blockers.append(blocker("nodes", "\(place).nodes", "\(asked.nodes)", "1", "replicas are on this machine alone; ask for 1")) }
        return blockers
    }

    /// Every deployment that waits, or whose model a restart has taken from memory, until the task is cancelled.
    package func run() async {
        await reconsider(isStart: true)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(Self.lookSeconds))
            await reconsider(isStart: false)
        }
    }

    /// - Parameter isStart: also those that answered before this process began.
    package func reconsider(isStart: Bool) async {
        do {
            for deployment in try await store.openDeployments(limit: Self.readAtOnce) where isStart || deployment.state == .pending {
                _ = try await consider(deployment)
            }
        } catch { registry.log.warning("deployments wait", metadata: ["cause": "\(error)"]) }
    }

    private static func encoded(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(value)).map { [UInt8]($0) } ?? []
    }
}
