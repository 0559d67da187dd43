import Federation
import Foundation
import ModelServing
import Storage
import StrictJSON
import Synchronization
import Testing
import Trust

/// Models that are to answer: what they wait for, and when they do.
@Suite struct DeploymentTests {
    private final class Loader: ModelLoading {
        struct Full: Error {}
        let isFull = Mutex(false)
        let loaded = Mutex<[String]>([])
        func load(_ model: ServableModel) async throws {
            if isFull.withLock({ $0 }) { throw Full() }
            loaded.withLock { $0.append(model.id) }
        }
        func unload(_ model: ServableModel) async throws { loaded.withLock { $0.removeAll { $0 == model.id } } }
    }

    private func deployments(_ world: RegistryWorld, _ loader: Loader?) -> Deployments {
        Deployments(world.registry, loading: loader, machine: MachineCapacity(cores: 2, memoryBytes: 4_000_000_000), random: .system)
    }

    private func deploy(_ deployments: Deployments, _ model: String, _ asked: AskedResources = AskedResources()) async throws
        -> (deployment: DeploymentRecord, blockers: [DeploymentBlocker])
    {
        try await deployments.deploy(model, isDistributed: false, asked, scalesByItself: false, tenant: "t", actor: "somebody")
    }

    @Test func aModelThatIsHereAnswersAtOnce() async throws {
        let (world, loader) = (RegistryWorld(), Loader())
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let deployments = deployments(world, loader)
        let made = try await deploy(deployments, model.id)
        #expect(made.blockers.isEmpty && made.deployment.state == .active && made.deployment.replicas == 1)
        #expect(made.deployment.events.map(\.event) == ["Deployment created.", "Model deployed successfully."])
        #expect(loader.loaded.withLock { $0 } == [model.id])
        #expect(try await deployments.newest(tenant: "t") == made.deployment)
        #expect(try await deployments.latest(tenant: "other") == nil)
        #expect(try await deployments.model(of: made.deployment.id, tenant: "t") == model.id)
        await #expect(throws: ModelFailure.notFound(made.deployment.id)) { try await deployments.model(of: made.deployment.id, tenant: "other") }
        // The next start loads it again; nothing else is told of it.
        await self.deployments(world, loader).reconsider(isStart: true)
        #expect(loader.loaded.withLock { $0 }.count == 2)
        #expect(try await deployments.find(made.deployment.id, tenant: "t") == made.deployment)
        #expect(try await world.actions().last == .modelDeployed)
        // Deleted while it answers: it stays loadable.
        #expect(try await world.registry.remove(model.id, tenant: "t", actor: "x")?.status == .archived)
        #expect(try await world.source.model(model.id, tenant: "t").id == model.id)
    }

    @Test func whatIsNotThereIsWaitedFor() async throws {
        let (world, loader) = (RegistryWorld(), Loader())
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let deployments = deployments(world, loader)
        var asked = AskedResources()
        (asked.cpu, asked.gpu, asked.nodes, asked.memoryBytes, asked.memory) = (3, 1, 2, 5_000_000_000, "5GB")
        let waiting = try await deploy(deployments, model.id, asked)
        #expect(waiting.deployment.state == .pending && waiting.blockers.map(\.what) == ["cpu", "gpu", "memory", "nodes"])
        #expect(loader.loaded.withLock { $0 }.isEmpty)
        // A runtime without room: tried again, and then it answers.
        loader.isFull.withLock { $0 = true }
        let full = try await deploy(deployments, model.id)
        #expect(full.deployment.state == .pending && full.blockers.map(\.what) == ["runtime"])
        loader.isFull.withLock { $0 = false }
        await deployments.reconsider(isStart: false)
        #expect(try await deployments.find(full.deployment.id, tenant: "t").state == .active)
        #expect(try await deployments.find(waiting.deployment.id, tenant: "t").state == .pending)
        let nobody = try await deploy(self.deployments(world, nil), model.id)
        #expect(nobody.blockers.map(\.what) == ["runtime"])
        await #expect(throws: RegistryFailure.self) { try await deploy(deployments, "none") }
    }

    @Test func aStoppedDeploymentGivesItsMemoryBack() async throws {
        let (world, loader) = (RegistryWorld(), Loader())
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let deployments = deployments(world, loader)
        let (first, second) = (try await deploy(deployments, model.id).deployment.id, try await deploy(deployments, model.id).deployment.id)
        // Asked before, so that it is remembered.
        for id in [first, second] { #expect(try await deployments.model(of: id, tenant: "t") == model.id) }
        await #expect(throws: ModelFailure.notFound(first)) { try await deployments.model(of: first, tenant: "other") }
        // The other one needs the model.
        let one = try await deployments.stop(first, tenant: "t", actor: "somebody")
        #expect(one.changed && !one.unloaded && one.deployment.state == .stopped && one.deployment.replicas == 0)
        #expect(!loader.loaded.withLock { $0 }.isEmpty)
        await #expect(throws: ModelFailure.stopped(deployment: first)) { try await deployments.model(of: first, tenant: "t") }
        let two = try await deployments.stop(second, tenant: "t", actor: "somebody")
        #expect(two.changed && two.unloaded && loader.loaded.withLock { $0 }.isEmpty)
        #expect(two.deployment.events.map(\.event).last == "Deployment stopped.")
        // Again: nothing changes, and nothing more is written down.
        let again = try await deployments.stop(second, tenant: "t", actor: "somebody")
        #expect(!again.changed && again.deployment == two.deployment)
        #expect(try await world.actions().filter { $0 == .deploymentStopped }.count == 2)
        await #expect(throws: RegistryFailure.self) { try await deployments.stop(first, tenant: "other", actor: "somebody") }
        #expect(try await deployments.latest(tenant: "t") == nil)
        // The next start leaves it alone, and the model may go.
        await self.deployments(world, loader).reconsider(isStart: true)
        #expect(loader.loaded.withLock { $0 }.isEmpty)
        #expect(try await world.registry.remove(model.id, tenant: "t", actor: "x") == nil)
    }

    /// Stops its deployment while the model comes.
    private final class Interrupted: ModelLoading {
        let loaded = Mutex<[String]>([])
        let during = Mutex<(@Sendable () async throws -> Void)?>(nil)
        func load(_ model: ServableModel) async throws {
            loaded.withLock { $0.append(model.id) }
            try await during.withLock { $0 }?()
        }
        func unload(_ model: ServableModel) async throws { loaded.withLock { $0.removeAll { $0 == model.id } } }
    }

    @Test func oneThatIsStoppedWhileItsModelComesLeavesNothing() async throws {
        let (world, loader) = (RegistryWorld(), Interrupted())
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let deployments = Deployments(world.registry, loading: loader, machine: MachineCapacity(cores: 2, memoryBytes: 4_000_000_000), random: .system)
        loader.during.withLock { held in
            held = {
                let id = try #require(try await deployments.newest(tenant: "t")?.id)
                _ = try await deployments.stop(id, tenant: "t", actor: "somebody else")
            }
        }
        let made = try await deploy(deployments, model.id)
        #expect(made.deployment.state == .stopped && loader.loaded.withLock { $0 }.isEmpty)
    }

    @Test func aRuleIsStoredOnce() async throws {
        let (world, loader) = (RegistryWorld(), Loader())
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let deployments = deployments(world, loader)
        let id = try await deploy(deployments, model.id).deployment.id
        let policy = ScalingPolicy(gpuMin: 0, gpuMax: 4, tpu: false, threshold: 85, replicasMin: 1, replicasMax: 2)
        for _ in 0..<2 {
            let scaled = try await deployments.scale(id, policy, tenant: "t", actor: "somebody")
            #expect(scaled.blockers.isEmpty && scaled.deployment.scaling != nil && scaled.deployment.scalesByItself)
        }
        #expect(try await world.actions().filter { $0 == .deploymentScaled }.count == 1)
        await #expect(throws: RegistryFailure.self) { try await deployments.scale(id, policy, tenant: "other", actor: "somebody") }
    }

    @Test func aValidationSaysWhatItSaw() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        let bare = try await world.registry.validate(model)
        #expect(bare.status == .issuesFound && bare.checks.filter { !$0.passed }.map(\.name) == ["model_card"])
        #expect(bare.riskScore == 1.0 / 9 && bare.notAssessed.contains { $0.hasPrefix("signature") })
        #expect(bare.checks.first?.evidence.contains(modelDigest) == true)
        var other = model
        other.sha256 = String(repeating: "0", count: 64)
        #expect(try await world.registry.validate(other).notAssessed.contains { $0.hasPrefix("file") })
        #expect(Validation().status == .notAssessed && Validation().riskScore == nil)
    }
}
