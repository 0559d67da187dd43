internal import APIKit
internal import Federation
internal import Inference
internal import ModelServing
internal import Platform
internal import Storage
internal import StrictJSON

extension Phi {
    private static let inferenceBodyBytes = 4 << 20
    private static let fileBytes = 16 << 20
    private static let fileTypes = ["application/json", "text/csv", "text/plain", "application/octet-stream"]

    static func inference(_ desk: InferenceDesk) -> [Endpoint] { [run(desk), later(desk), profile(desk)] + files(desk) }

    private static func run(_ desk: InferenceDesk) -> Endpoint {
        Endpoint(
            "POST", "/inference/run", "inference.run", .scope(.aiOperations), bodyLimitBytes: inferenceBodyBytes,
            contract: Contract(
                "Asks a deployed model. With Prefer: respond-async, and where its model or its file is not there yet, the answer is fetched later, for an hour.",
                request: .json(InferenceBody.shape), replies: [(200, .json(InferenceView.shape)), (202, .json(InferenceView.shape))], refusals: [409, 422, 502])
        ) { request throws(ServiceError) in
            var sent = try await request.sent(InferenceBody.self)
            let (body, principal) = (sent.body, try request.principal())
            let (tenant, now) = (principal.tenant, Instant(milliseconds: request.nowMilliseconds))
            let mayBeFirst = principal.may(.ops)
            if body.priority == .ultraHigh, !mayBeFirst { sent.note("NO_EFFECT", "priority", "ultra-high needs the scope ops; it runs as high") }
            if body.policy == .quantum { sent.note("NO_EFFECT", "execution_policy", "a forward pass has no use for a quantum machine, and there is none") }
            let machine: InferenceView.Machine? = body.policy == .quantum ? .cpu : nil
            let question = InferenceDesk.Question(
                model: try await desk.model(of: body.deployment, tenant: tenant), data: body.input.data, options: body.options(mayBeFirst: mayBeFirst),
                principal: principal, requestID: request.requestID, now: now)
            let blockers = try await blockers(question, body.deployment, desk)
            let isAsync = request.wantsAnswerLater
            guard blockers.isEmpty, !isAsync else {
                guard await desk.pending.begin(request.requestID, tenant: tenant, at: ModelRuntime.now, { await desk.runLater(question) }) else {
                    throw .unavailable("too many of the tenant's answers wait to be fetched", retryAfterSeconds: 60)
                }
                let view = InferenceView(
                    output: .null, requestID: request.requestID, machine: machine, blockers: blockers.isEmpty ? nil : blockers)
                let headers = isAsync ? [(name: "preference-applied", value: "respond-async")] : []
                return APIReply(202, headers: headers, .json(view.json.noting(sent.notices)))
            }
            return .json(InferenceView(try await desk.run(question), request.requestID, machine).json.noting(sent.notices))
        }
    }

    /// What it has to wait for.
    private static func blockers(_ question: InferenceDesk.Question, _ deployment: String, _ desk: InferenceDesk) async throws(ServiceError) -> [BlockerBody] {
        var blockers: [BlockerBody] = []
        let tenant = question.principal.tenant
        let state: ModelRuntime.Status.State
        do throws(RuntimeError) {
            let known = desk.runtime.answering(question.model, tenant: tenant)?.state
            if let known { state = known } else { state = try await desk.runtime.status(question.model, tenant: tenant).state }
        } catch {
            guard case .model(.notReady(_, let why)) = error else { throw ServiceError(error, field: "deployment_id") }
            state = .failed(why)
        }
        switch state {
        case .ready: break
        case .unsupported: throw ServiceError(.model(.unsupported(id: question.model, why: "nothing here computes it")), field: "deployment_id")
        case .available, .loading, .unloading:
            blockers.append(BlockerBody(what: "model", field: "deployment_id", asked: deployment, have: "not loaded", fix: "it is being loaded"))
        case .failed(let why):
            blockers.append(BlockerBody(what: "model", field: "deployment_id", asked: deployment, have: why, fix: "it is tried again"))
        }
        if let name = question.data.text, !(try await desk.hasFile(name, tenant, question.now)) {
            let file = name.clipped(128)
            blockers.append(BlockerBody(what: "file", field: "input.data", asked: file, have: "no such file", fix: "PUT /v1/files/\(file)"))
        }
        return blockers
    }

    private static func later(_ desk: InferenceDesk) -> Endpoint {
        Endpoint(
            "GET", "/inference/{request_id}", "inference.result", .scope(.aiOperations),
            contract: Contract(
                "The answer to a question that was asked before; 202 until it is there.",
                replies: [(200, .json(InferenceView.shape)), (202, .json(InferenceView.shape))], refusals: [409, 422, 502])
        ) { request throws(ServiceError) in
            let (id, tenant) = (request.parameter("request_id"), try request.principal().tenant)
            switch await desk.pending.state(id, tenant: tenant, at: ModelRuntime.now) {
            case nil: throw .notFound("answer \(id)")
            case .waiting: return .json(202, InferenceView(output: .null, requestID: id).json)
            case .done(let result): return .json(InferenceView(try result.get(), id, nil).json)
            }
        }
    }

    private static func profile(_ desk: InferenceDesk) -> Endpoint {
        Endpoint(
            "POST", "/models/profile", "models.profile", .scope(.models), bodyLimitBytes: inferenceBodyBytes,
            contract: Contract(
                "Runs a model now and says how long it took; without any, the coordinator's own kernels.", request: .json(ProfileBody.shape),
                replies: [(200, .json(ProfileView.shape))], refusals: [409, 422])
        ) { request throws(ServiceError) in
            let sent = try await request.sent(ProfileBody.self)
            let (body, tenant) = (sent.body, try request.principal().tenant)
            var deployment = body.deployment
            if deployment == nil {
                do throws(ModelFailure) { deployment = try await desk.deployments.latest(tenant: tenant) } catch {
                    throw ServiceError(.model(error), field: "deployment_id")
                }
            }
            var model: String?
            if let deployment { model = try await desk.model(of: deployment, tenant: tenant) }
            guard let model else {
                if body.input != nil { throw sent.invalid("input", "needs a model that takes it; nothing is deployed") }
                let profile = try await desk.runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in
                    try await runtime.profilePlatform(runs: body.runs, batches: body.batches)
                }
                return .json(try view(profile, .platform, nil).noting(sent.notices))
            }
            let status = try await desk.runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in try await runtime.status(model, tenant: tenant) }
            let (profile, record) = try await desk.runtime.asking(tenant: tenant) { runtime throws(RuntimeError) in
                let inputs = try body.input.map { input throws(RuntimeError) in
                    do throws(InferenceError) { return try modelInputs(input.data, status.inputs, isBatched: status.isBatched) } catch {
                        throw .inference(error)
                    }
                }
                return try await runtime.profile(model, tenant: tenant, inputs: inputs, runs: body.runs, batches: body.batches)
            }
            return .json(try view(profile, .model, record).noting(sent.notices))
        }
    }

    private static func view(_ profile: ModelProfile, _ target: ProfileView.Target, _ model: ServableModel?) throws(ServiceError) -> JSON {
        guard let first = profile.single else { throw .unavailable("the machine was too busy for a single run", retryAfterSeconds: 10) }
        return ProfileView(first: first, profile: profile, target: target, model: model?.id, sha256: model?.sha256).json
    }

    // MARK: Files

    private static func files(_ desk: InferenceDesk) -> [Endpoint] {
        [
            Endpoint(
                "PUT", "/files/{name}", "files.put", .scope(.aiOperations), bodyLimitBytes: fileBytes,
                contract: Contract(
                    "Keeps a file for inference; one of this name gives way.",
                    request: .bytes(fileTypes[0], or: Array(fileTypes.dropFirst())), replies: [(200, .json(FileView.shape))], refusals: [409])
            ) { request throws(ServiceError) in
                let (name, caller) = (request.parameter("name"), try request.principal())
                let content = try await request.content(fileTypes, as: "a file", takesUnsaid: true)
                let type = request.saysNothing ? APIRequest.plainBytes : request.header("content-type").map { String($0.prefix(100)) } ?? APIRequest.plainBytes
                do throws(ArtifactFailure) {
                    let kept = try await desk.artifacts.put(
                        content, name: InferenceDesk.artifact(name), mediaType: type, tenant: caller.tenant, actor: caller.actor, replaces: true,
                        now: Instant(milliseconds: request.nowMilliseconds))
                    return .json(
                        FileView(
                            title: name, sha256: kept.digest, bytes: kept.bytes, type: kept.mediaType,
                            createdAt: Timestamp(milliseconds: kept.createdAt.milliseconds)
                        ).json)
                } catch { throw ServiceError(artifact: error, name) }
            },
            Endpoint(
                "GET", "/files/{name}", "files.get", .scope(.aiOperations),
                contract: Contract("A file of inference.", replies: [(200, .bytes("*/*")), (206, .bytes("*/*")), (416, .none)])
            ) { request throws(ServiceError) in
                let (name, tenant) = (request.parameter("name"), try request.principal().tenant)
                do throws(ArtifactFailure) {
                    let (record, content) = try await desk.artifacts.get(
                        InferenceDesk.artifact(name), tenant: tenant, now: Instant(milliseconds: request.nowMilliseconds))
                    return APIReply(200, headers: [(name: "etag", value: "\"\(record.digest)\"")], .bytes(content, type: record.mediaType))
                } catch { throw ServiceError(artifact: error, name) }
            }.refusing(409),
            Endpoint(
                "DELETE", "/files/{name}", "files.delete", .scope(.aiOperations),
                contract: Contract("Deletes a file of inference.", replies: [(204, .none)])
            ) { request throws(ServiceError) in
                let (name, caller) = (request.parameter("name"), try request.principal())
                do throws(ArtifactFailure) {
                    try await desk.artifacts.delete(
                        InferenceDesk.artifact(name), tenant: caller.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                } catch { throw ServiceError(artifact: error, name) }
                return APIReply(204, .empty)
            },
        ]
    }
}

extension InferenceView {
    init(_ answer: InferenceDesk.Answered, _ requestID: String, _ machine: Machine?) {
        self.init(
            output: answer.output, seconds: answer.seconds, requestID: requestID, model: answer.model.id,
            sha256: answer.model.verifiedSHA256, upstream: answer.model.upstream, rows: answer.rows, machine: machine)
    }
}

extension APIRequest {
    /// `Prefer: respond-async` (RFC 7240 §4.1).
    var wantsAnswerLater: Bool {
        (list("prefer") ?? "").lowercased().split { $0 == "," || $0 == ";" }.contains { $0.filter { $0 != " " } == "respond-async" }
    }
}
