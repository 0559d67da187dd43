internal import APIKit
internal import Federation
internal import Inference
package import ModelServing
package import Platform
internal import StrictJSON

/// What the endpoints of inference stand on.
package struct InferenceDesk: Sendable {
    let runtime: ModelRuntime
    let deployments: any DeploymentSource
    let artifacts: Artifacts
    let pending = PendingRuns<Result<Answered, ServiceError>>()

    /// An answer, as its caller gets it.
    package struct Answered: Sendable {
        var output: JSON
        var seconds: Double
        var model: ServableModel
        var rows: Int
    }

    /// - Parameter deployments: nil: every model is its own deployment.
    package init(runtime: ModelRuntime, artifacts: Artifacts, deployments: (any DeploymentSource)? = nil) {
        self.runtime = runtime
        self.artifacts = artifacts
        self.deployments = deployments ?? ModelsAsDeployments(runtime)
    }

    /// Files of inference are among the tenant's artifacts, below a name of their own.
    static func artifact(_ file: String) -> String { "files/\(file)" }

    func model(of deployment: String, tenant: String) async throws(ServiceError) -> String {
        do { return try await deployments.model(of: deployment, tenant: tenant) } catch {
            if case .notFound = error { throw .notFound("deployment \(deployment.clipped(128))") }
            throw ServiceError(.model(error), field: "deployment_id")
        }
    }

    // MARK: Runs

    /// One question, whoever waits for its answer.
    struct Question: Sendable {
        var model: String
        var data: JSON
        var options: InferenceOptions
        var principal: Principal
        var requestID: String
        var now: Instant
    }

    func run(_ question: Question) async throws(ServiceError) -> Answered {
        let tenant = question.principal.tenant
        guard let status = runtime.answering(question.model, tenant: tenant) else {
            throw ServiceError(.notLoaded(question.model), field: "deployment_id", available: runtime.ready(tenant: tenant).map(\.id))
        }
        var file: String?
        let data: JSON
        if let name = question.data.text {
            file = name
            data = try await read(name, tenant, question.now)
        } else {
            data = question.data
        }
        let (specs, isBatched) = (status.inputs, status.isBatched)
        let values = data.valueCount(upTo: RuntimeLimits.valuesAtOnce + 1)
        let made = await runtime.aside(values: values) { () -> Result<[NamedTensor], InferenceError> in
            do throws(InferenceError) { return .success(try modelInputs(data, specs, isBatched: isBatched)) } catch { return .failure(error) }
        }
        let inputs: [NamedTensor]
        do throws(InferenceError) { inputs = try made.get() } catch { throw ServiceError(.inference(error), field: "input.data") }
        let answer = try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in
            try await runtime.infer(question.model, tenant: tenant, inputs, question.options)
        }
        var output = await runtime.aside(values: answer.values) { JSON.object(answer.outputs.map { JSON.Member($0.name, $0.tensor.nestedJSON) }) }
        if file != nil { output = .string(try await keep(output, question)) }
        return Answered(output: output, seconds: answer.seconds, model: answer.model, rows: answer.runRows)
    }

    /// The same, once its model and its file are there; an hour is waited for both.
    func runLater(_ question: Question) async -> Result<Answered, ServiceError> {
        let tenant = question.principal.tenant
        let end = ModelRuntime.now + PendingRuns<Int>.keptSeconds
        while true {
            do throws(ServiceError) {
                if let name = question.data.text, !(try await hasFile(name, tenant, question.now)) {
                    throw .unavailable("the file \(name.clipped(128)) is not there yet", retryAfterSeconds: 1)
                }
                try await runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in
                    try await runtime.loadNow(question.model, tenant: tenant, actor: question.principal.id)
                }
                return .success(try await run(question))
            } catch {
                // Whatever will pass is waited for.
                guard case .unavailable = error, ModelRuntime.now < end else { return .failure(error) }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    // MARK: Files

    func hasFile(_ name: String, _ tenant: String, _ now: Instant) async throws(ServiceError) -> Bool {
        do { _ = try await artifacts.find(Self.artifact(name), tenant: tenant, now: now) } catch {
            if case .notFound = error { return false }
            throw ServiceError(artifact: error, name)
        }
        return true
    }

    private func read(_ name: String, _ tenant: String, _ now: Instant) async throws(ServiceError) -> JSON {
        let content: [UInt8]
        do { content = try await artifacts.get(Self.artifact(name), tenant: tenant, now: now).content } catch { throw ServiceError(artifact: error, name) }
        let parsed = await runtime.aside { () -> Result<JSON, JSONError> in
            do throws(JSONError) { return .success(try JSON(parsing: content)) } catch { return .failure(error) }
        }
        do { return try parsed.get() } catch {
            throw .invalid(field: "input.data", issue: "names a file that is no JSON: \(error)", provided: .string(name.clipped(128)))
        }
    }

    private func keep(_ output: JSON, _ question: Question) async throws(ServiceError) -> String {
        let name = "output-\(question.requestID).json"
        let content = await runtime.aside { output.encoded() }
        do {
            _ = try await artifacts.put(
                content, name: Self.artifact(name), mediaType: "application/json", tenant: question.principal.tenant, actor: question.principal.actor,
                replaces: true, now: question.now)
        } catch { throw ServiceError(artifact: error, name) }
        return name
    }
}

extension JSON {
    /// How many values there are in it that hold no others, counted up to `most`.
    fileprivate func valueCount(upTo most: Int) -> Int {
        let parts = elements ?? members?.map { $0.value }
        guard let parts else { return 1 }
        var count = 0
        for part in parts where count < most { count += part.valueCount(upTo: most - count) }
        return count
    }
}

extension ServiceError {
    init(artifact error: ArtifactFailure, _ name: String) {
        switch error {
        case .invalid(_, let issue): self = .invalid(field: "name", issue: issue, provided: .string(name.clipped(128)))
        case .notFound: self = .notFound("file \(name.clipped(128))")
        case .conflict(let why): self = .conflict(why, retryAfterSeconds: 1)
        case .tooLarge(let limit): self = .tooLarge(limitBytes: limit)
        case .tooMuch(let bytes, let count):
            self = .conflict("the tenant may keep \(bytes) bytes under \(count) names; delete what is not needed", retryAfterSeconds: nil)
        case .insufficientStorage: self = .insufficientStorage
        case .internalError(let cause): self = .internalError(cause: cause)
        }
    }
}
