internal import APIKit
internal import Federation
package import ModelServing
internal import Platform
internal import Storage
internal import StrictJSON

/// What the endpoints of models stand on.
package struct ModelServices: Sendable {
    package typealias PlatformChecks = @Sendable (_ tenant: String) async -> Validation
    let registry: ModelRegistry
    let deployments: Deployments
    /// Of the platform itself: TLS, keys, the audit.
    let checks: PlatformChecks
    let followers: LogFollowers

    package init(
        registry: ModelRegistry, deployments: Deployments, followers: LogFollowers = LogFollowers(),
        checks: @escaping PlatformChecks = { _ in Validation(notAssessed: ["tls_settings", "key_age", "audit_tree"]) }
    ) { (self.registry, self.deployments, self.followers, self.checks) = (registry, deployments, followers, checks) }
}

extension Phi {
    private static let registerBytes = 8 << 20

    static func models(_ services: ModelServices) -> [Endpoint] {
        let registry = services.registry
        let register = Contract(
            "Registers a model; its file is looked into before it is kept.", request: .json(RegisterBody.shape),
            replies: [(200, .json(RegisteredView.shape)), (202, .json(RegisteredView.shape))], refusals: [409, 422])
        return [
            Endpoint("POST", "/models/register", "models.register", .scope(.models), bodyLimitBytes: registerBytes, contract: register) {
                request throws(ServiceError) in
                let caller = try request.principal()
                let (body, notices) = try await request.body(RegisterBody.self)
                let new = try body.model()
                let model = try await registering { () async throws(RegistryFailure) in
                    try await registry.register(new, tenant: caller.tenant, actor: caller.actor)
                }
                return .json(model.status == .ready ? 200 : 202, RegisteredView(model).json.noting(notices))
            },
            Endpoint("GET", "/models/{model_id}", "models.get", .scope(.models), "A model, and whether its file is here.", gives: ModelView.self) {
                request throws(ServiceError) in
                let tenant = try request.principal().tenant
                return ModelView(
                    model: try await registering { () async throws(RegistryFailure) in
                        try await registry.find(request.parameter("model_id"), tenant: tenant)
                    })
            },
            Endpoint(
                "DELETE", "/models/{model_id}", "models.delete", .scope(.models), "Deletes a model; one that something needs is archived.",
                gives: RemovedView.self
            ) { request throws(ServiceError) in
                let caller = try request.principal()
                let id = request.parameter("model_id")
                let left = try await registering { () async throws(RegistryFailure) in
                    try await registry.remove(id, tenant: caller.tenant, actor: caller.actor)
                }
                return left == nil
                    ? RemovedView(id: id, status: .deleted, message: "Model deleted.")
                    : RemovedView(id: id, status: .archived, message: "Archived: what is deployed of it goes on, and nothing new begins with it.")
            },
        ] + deployments(services) + [logs(services), validate(services)]
    }

    private static func deployments(_ services: ModelServices) -> [Endpoint] {
        let deployments = services.deployments
        let deploy = Contract(
            "Lets a model answer; what is not there yet is waited for.", request: .json(DeployBody.shape),
            replies: [(200, .json(DeploymentView.shape)), (202, .json(DeploymentView.shape))], refusals: [409])
        return [
            Endpoint("POST", "/models/deploy", "models.deploy", .scope(.models), bodyLimitBytes: jsonBodyBytes, contract: deploy) {
                request throws(ServiceError) in
                let caller = try request.principal()
                let (body, notices) = try await request.body(DeployBody.self)
                let asked = try body.resources.asked()
                let made = try await registering { () async throws(RegistryFailure) in
                    try await deployments.deploy(
                        body.model, isDistributed: body.mode == .distributed, asked, scalesByItself: body.scaling == .auto, tenant: caller.tenant,
                        actor: caller.actor)
                }
                let view = DeploymentView(made.deployment, nodes: asked.nodes, made.blockers)
                return .json(view.status == .success ? 200 : 202, view.json.noting(notices))
            },
            Endpoint(
                "DELETE", "/models/deployments/{deployment_id}", "models.deployments.stop", .scope(.models),
                "Stops a deployment. Calls under way are finished; its model leaves memory unless another deployment needs it.", gives: StoppedView.self
            ) { request throws(ServiceError) in
                let caller = try request.principal()
                let id = request.parameter("deployment_id")
                let stopped = try await registering { () async throws(RegistryFailure) in
                    try await deployments.stop(id, tenant: caller.tenant, actor: caller.actor)
                }
                return StoppedView(id: stopped.deployment.id, model: stopped.deployment.model, changed: stopped.changed, unloaded: stopped.unloaded)
            },
            Endpoint(
                "POST", "/models/auto-scale", "models.auto_scale", .scope(.models), "Stores how a deployment is scaled.", takes: ScaleBody.self,
                gives: ScaleView.self
            ) { request, body throws(ServiceError) in
                let caller = try request.principal()
                let policy = try body.policy()
                let scaled = try await registering { () async throws(RegistryFailure) in
                    try await deployments.scale(body.deployment, policy, tenant: caller.tenant, actor: caller.actor)
                }
                return ScaleView(blockers: scaled.blockers.map(BlockerBody.init), replicas: scaled.deployment.replicas, policy: policy)
            },
        ]
    }

    private static func validate(_ services: ModelServices) -> Endpoint {
        // The document shows no body: none says the same as an empty one.
        Endpoint(
            "POST", "/security/validate", "security.validate", .scope(.securityAudit), "Looks at a model's file and at the platform now.",
            takes: ValidateBody.self, gives: ValidationView.self
        ) { request, body throws(ServiceError) in
            let tenant = try request.principal().tenant
            let (registry, deployments) = (services.registry, services.deployments)
            let named = body.model != nil || body.deployment != nil
            return try await registering { () async throws(RegistryFailure) in
                var (found, target) = (Validation(), "platform")
                let deployment: DeploymentRecord?
                if let id = body.deployment {
                    deployment = try await deployments.find(id, tenant: tenant)
                } else {
                    deployment = named ? nil : try await deployments.newest(tenant: tenant)
                }
                if let id = body.model ?? deployment?.model {
                    found = try await registry.validate(try await registry.find(id, tenant: tenant))
                    target = body.model ?? deployment?.id ?? id
                }
                if !named { found.add(await services.checks(tenant)) }
                return ValidationView(found: found, target: target)
            }
        }
    }
}
