package import APIKit
internal import Inference
package import ModelServing
internal import Platform
internal import StrictJSON

/// The Open Inference Protocol over REST (KServe's V2, `inference_rest.md` of kserve/open-inference-protocol): what Triton, KServe, OpenVINO's
/// server and MLServer speak, and their clients.
///
/// Tensors are JSON, or bytes behind it (the extension "binary tensor data"). Tokens and plans are those of `/api/v2`, with which it shares
/// its models: it is another spelling of them and no fourth window of calls.
package enum OpenInference {
    static let base = "/v2"
    static let serverName = "tutti"
    private static let bodyBytes = 16 << 20
    /// How often another version is looked for when the one that was found has left.
    private static let versionsTried = 8

    /// - Parameter version: of the program.
    package static func family(_ runtime: ModelRuntime, version: String) -> Family {
        let server: [Endpoint] = [
            Endpoint("GET", "/", "oip.server", .scope(.aiOperations), "The server and what it can do.", gives: ServerView.self) { _ throws(ServiceError) in
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
        let models = model("/models/{model_name}", "", runtime) + model("/models/{model_name}/versions/{model_version}", "_version", runtime)
        return Family(.v2, bases: [base], endpoints: server + models, errorShape: ErrorBody.shape, envelope: envelope)
            .describing(title: "Open Inference Protocol", version: "2.0.0")
    }

    /// - Parameter suffix: of the operations' names.
    private static func model(_ path: String, _ suffix: String, _ runtime: ModelRuntime) -> [Endpoint] {
        [
            Endpoint("GET", path, "oip.model\(suffix)", .scope(.aiOperations), "A model's inputs and outputs.", gives: ModelView.self) {
                request throws(ServiceError) in ModelView(try await ready(request, runtime))
            }.refusing(409, 422),
            Endpoint("GET", path + "/ready", "oip.model\(suffix)_ready", .scope(.aiOperations), "Whether a model answers.", gives: ModelReadyView.self) {
                request throws(ServiceError) in ModelReadyView(title: try await ready(request, runtime).record.id)
            }.refusing(409, 422),
            Endpoint(
                "POST", path + "/infer", "oip.infer\(suffix)", .scope(.aiOperations), bodyLimitBytes: bodyBytes,
                contract: Contract(
                    "A model's outputs, as JSON, or where the question says so with bytes behind it.", request: .json(InferBody.shape),
                    replies: [(200, .json(InferView.shape)), (200, .bytes("application/octet-stream"))], refusals: [409, 413, 422, 502])
            ) { request throws(ServiceError) in
                // What is not there is refused before a body is read for it.
                _ = try await ready(request, runtime)
                let question = try await InferQuestion(request)
                let answer = try await answer(question, request, runtime)
                let id = request.requestID
                return await runtime.aside(values: answer.values) { question.reply(answer, requestID: id) }
            },
        ]
    }

    /// A version that leaves while a call is on its way has its successor answer: whoever asks by a name does not see it change.
    private static func answer(
        _ question: InferQuestion, _ request: APIRequest, _ runtime: ModelRuntime
    ) async throws(ServiceError) -> InferenceAnswer {
        let tenant = try request.principal().tenant
        var left = versionsTried
        while true {
            let status = try await ready(request, runtime)
            try question.check(status.outputs)
            do throws(RuntimeError) {
                return try await runtime.infer(status.record.id, tenant: tenant, question.inputs, question.options)
            } catch {
                left -= 1
                if case .notLoaded = error, left > 0 { continue }
                throw ServiceError(error, field: "inputs", available: runtime.ready(tenant: tenant).map(\.id))
            }
        }
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
