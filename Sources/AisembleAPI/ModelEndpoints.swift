internal import APIKit
internal import ModelServing
internal import Platform
internal import StrictJSON

extension Aisemble {
    static func models(_ runtime: ModelRuntime) -> [Endpoint] {
        [
            Endpoint("GET", "/models", "models.list", .scope(.models), "The tenant's models, in memory or not.", gives: ModelList.self) {
                request throws(ServiceError) in
                let tenant = try request.principal().tenant
                return ModelList(
                    models: try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in try await runtime.models(tenant: tenant) }
                        .map { ModelLine($0) })
            },
            Endpoint(
                "POST", "/models/{model_id}/load", "models.load", .scope(.models), bodyLimitBytes: jsonBodyBytes,
                contract: Contract(
                    "Begins to load a model; its file is compared with its SHA-256. 200: it is there already.", request: .json(LoadBody.shape),
                    replies: [(202, .json(LoadView.shape)), (200, .json(LoadView.shape))], refusals: [409, 422])
            ) { request throws(ServiceError) in
                var sent = try await request.sent(LoadBody.self)
                let (id, caller, again) = (request.parameter("model_id"), try request.principal(), sent.body.again)
                sent.withoutEffect(["gpu_device"], "there is no GPU that computes here; the model runs on the processor")
                let answer = try await runtime.asking(tenant: caller.tenant) { runtime throws(RuntimeError) in
                    try await runtime.load(id, tenant: caller.tenant, again: again, actor: caller.id)
                }
                let view: LoadView
                switch answer {
                case .ready: view = LoadView(id: id, status: .loaded, message: "The model is loaded", changed: false)
                case .loading(let seconds): view = LoadView(id: id, status: .loading, seconds: seconds, message: "Model loading initiated", changed: true)
                case .awaiting(let why):
                    let blocker = BlockerBody(
                        what: "model_file", field: "model_id", asked: id, have: "nothing yet", fix: "\(why); it is loaded when it is there")
                    view = LoadView(id: id, status: .loading, message: "The model is loaded when its file is there", changed: true, blockers: [blocker])
                }
                return .json(view.changed ? 202 : 200, view.json.noting(sent.notices))
            },
            Endpoint(
                "POST", "/models/{model_id}/unload", "models.unload", .scope(.models),
                "Takes a model out of memory when the calls that have it are answered.", gives: UnloadView.self
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("model_id"), try request.principal())
                let isGone = try await runtime.asking(tenant: caller.tenant) { runtime throws(RuntimeError) in
                    try await runtime.unload(id, tenant: caller.tenant, actor: caller.id)
                }
                return UnloadView(id: id, status: .unloaded, message: isGone ? "Model unloaded" : "The model was not in memory", changed: isGone)
            },
            Endpoint(
                "GET", "/models/{model_id}/performance", "models.performance", .scope(.models), "What was measured of a model since it was loaded.",
                gives: ModelPerformance.self
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("model_id"), try request.principal().tenant)
                let status = try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in try await runtime.status(id, tenant: tenant) }
                return ModelPerformance(
                    id: id, sha256: status.record.verifiedSHA256, metrics: ModelMetrics(use: status.use),
                    // Of another server's memory and processors nobody here knows.
                    resources: ModelResources(bytes: status.memoryBytes, use: status.record.upstream == nil ? status.use : nil))
            },
        ]
    }
}
