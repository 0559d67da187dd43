package import APIKit
internal import Inference
package import ModelServing
internal import Platform
internal import StrictJSON

/// The Open Inference Protocol over REST (KServe's V2, `inference_rest.md` of kserve/open-inference-protocol): what Triton, KServe, OpenVINO's
/// server and MLServer speak, and their clients.
///
/// Tensors are JSON. The extension that appends them as bytes is refused by name. Tokens and plans are those of `/api/v2`, with which it shares
/// its models: it is another spelling of them and no fourth window of calls.
package enum OpenInference {
    static let base = "/v2"
    static let serverName = "tutti"
    private static let bodyBytes = 16 << 20

    /// - Parameter version: of the program.
    package static func family(_ runtime: ModelRuntime, version: String) -> Family {
        let server: [Endpoint] = [
            Endpoint("GET", "", "oip.server", .scope(.aiOperations), "The server and what it can do.", gives: ServerView.self) { _ throws(ServiceError) in
                ServerView(title: serverName, version: version)
            },
            Endpoint("GET", "/health/live", "oip.live", .scope(.aiOperations), "It answers.", gives: LiveView.self) { _ throws(ServiceError) in LiveView() },
            Endpoint("GET", "/health/ready", "oip.ready", .scope(.aiOperations), "None of the tenant's models is still loading.", gives: ReadyView.self) {
                request throws(ServiceError) in
                let tenant = try request.principal().tenant
                let models = try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in try await runtime.models(tenant: tenant) }
                if let loading = models.first(where: { $0.state == .loading }) {
                    throw .unavailable("the model \(loading.record.id) is being loaded", retryAfterSeconds: 1)
                }
                return ReadyView()
            },
        ]
        let models = ["/models/{model_name}", "/models/{model_name}/versions/{model_version}"].flatMap { self.model($0, runtime) }
        return Family(.v2, bases: [base], endpoints: server + models, errorShape: ErrorBody.shape, envelope: envelope)
    }

    private static func model(_ path: String, _ runtime: ModelRuntime) -> [Endpoint] {
        [
            Endpoint("GET", path, "oip.model", .scope(.aiOperations), "A model's inputs and outputs.", gives: ModelView.self) { request throws(ServiceError) in
                ModelView(try await ready(request, runtime))
            },
            Endpoint("GET", path + "/ready", "oip.model_ready", .scope(.aiOperations), "Whether a model answers.", gives: ModelReadyView.self) {
                request throws(ServiceError) in ModelReadyView(title: try await ready(request, runtime).record.id)
            },
            Endpoint(
                "POST", path + "/infer", "oip.infer", .scope(.aiOperations), bodyLimitBytes: bodyBytes,
                contract: Contract(
                    "A model's outputs.", request: .json(InferBody.shape), replies: [(200, .json(InferView.shape))], refusals: [413, 422, 502])
            ) { request throws(ServiceError) in
                let tenant = try request.principal().tenant
                let status = try await ready(request, runtime)
                let question = try await InferQuestion(request, status)
                let answer = try await runtime.asking(tenant: tenant, field: "inputs") { runtime throws(RuntimeError) in
                    try await runtime.infer(status.record.id, tenant: tenant, question.inputs, question.options)
                }
                let outputs = await runtime.aside { question.outputs(answer.outputs).map { OutputView($0) } }
                return .json(
                    InferView(
                        model: answer.model.id, version: answer.model.version, id: question.id ?? request.requestID,
                        parameters: AnswerParameters(sha256: answer.model.verifiedSHA256, upstream: answer.model.upstream, rows: answer.runRows),
                        outputs: outputs
                    ).json)
            },
        ]
    }

    /// The model of the path, by its id, or by its name and then, where no version is said, the latest that answers.
    private static func ready(_ request: APIRequest, _ runtime: ModelRuntime) async throws(ServiceError) -> ModelRuntime.Status {
        let (asked, version, tenant) = (request.parameter("model_name"), request.parameters["model_version"], try request.principal().tenant)
        if let status = runtime.answering(asked, tenant: tenant), version == nil || version == status.record.version { return status }
        let models = try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in try await runtime.models(tenant: tenant) }
        let known = models.filter { ($0.record.id == asked || $0.record.name == asked) && (version == nil || $0.record.version == version) }
        let status = known.first { $0.record.id == asked } ?? latest(known.filter { $0.state == .ready }) ?? latest(known)
        guard let status else { throw .notFound("model \(asked.clipped(128))" + (version.map { " of version \($0.clipped(64))" } ?? "")) }
        switch status.state {
        case .ready: return status
        case .loading: throw .unavailable("the model '\(status.record.id)' is being loaded", retryAfterSeconds: 1)
        default: throw .modelNotLoaded(asked: status.record.id, available: runtime.ready(tenant: tenant).map(\.id))
        }
    }

    /// Versions go by their numbers: 1.10 is later than 1.9.
    private static func latest(_ models: [ModelRuntime.Status]) -> ModelRuntime.Status? {
        func parts(_ status: ModelRuntime.Status) -> [Int] { status.record.version.split(separator: ".").map { Int($0) ?? 0 } }
        return models.max { parts($0).lexicographicallyPrecedes(parts($1)) }
    }

    /// `{"error": text}`, as the protocol has it.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let field = told.field.map { "\($0): " } ?? ""
        return APIReply(error.plainStatus, headers: told.headers, .json(ErrorBody(error: field + (told.issue ?? told.message)).json))
    }
}
