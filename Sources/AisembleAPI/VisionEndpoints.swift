internal import APIKit
internal import ModelServing
internal import Platform
internal import StrictJSON
internal import Vision

extension Aisemble {
    /// The picture, and the form around it.
    private static let pictureBodyBytes = VisionLimits.fileBytes + 64 << 10

    static func vision(_ service: VisionService) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/ai/vision/analyze", "vision.analyze", .scope(.aiOperations), bodyLimitBytes: pictureBodyBytes,
                contract: Contract(
                    "What can be said of a picture; what nothing here answers is listed. With Prefer: handling=lenient it runs without a model that is not here.",
                    request: .form(AnalysePictureForm.shape, file: "image"), replies: [(200, .json(PictureAnalysisView.shape))], refusals: [422])
            ) { request throws(ServiceError) in
                var form = try await request.form(AnalysePictureForm.self, file: "image")
                let (body, file) = (form.fields.body, form.file)
                guard file.count <= VisionLimits.fileBytes else { throw .tooLarge(limitBytes: VisionLimits.fileBytes) }
                let asked = Set(body.questions)
                let analysis = try await looking { () async throws(VisionFailure) in
                    try await service.analyse(file, asked, model: body.model, isLenient: request.isLenient)
                }
                let replaced = body.model.flatMap { service.hasDetector($0) ? nil : $0 }
                if replaced != nil {
                    form.fields.note("MODEL_REPLACED", "model", "\(analysis.detector ?? "no detector") ran instead: the model that was asked for is not here")
                }
                let view = PictureAnalysisView(analysis, asked, bytes: file.count, requestID: request.requestID, requestedModel: replaced)
                return reply(view, form.fields.notices, replaced: replaced)
            },
            Endpoint(
                "POST", "/ai/vision/classify", "vision.classify", .scope(.aiOperations), bodyLimitBytes: pictureBodyBytes,
                contract: Contract(
                    "Which class a picture is of: the digit that it shows, or a class of another server's model. With Prefer: handling=lenient the best model that is here stands in for one that is not.",
                    request: .form(ClassifyPictureForm.shape, file: "image"), replies: [(200, .json(ClassificationView.shape))], refusals: [422, 502])
            ) { request throws(ServiceError) in
                var form = try await request.form(ClassifyPictureForm.self, file: "image")
                let (body, file) = (form.fields.body, form.file)
                guard file.count <= VisionLimits.fileBytes else { throw .tooLarge(limitBytes: VisionLimits.fileBytes) }
                let tenant = try request.principal().tenant
                let found = try await looking { () async throws(VisionFailure) in
                    try await service.classify(file, tenant: tenant, model: body.model, isLenient: request.isLenient)
                }
                if body.most > found.predictions.count {
                    form.fields.note("CUT", "top_k", "the model has \(found.predictions.count) classes; all of them are there")
                }
                let replaced = body.model.flatMap { found.model.isCalled($0) ? nil : $0 }
                if replaced != nil {
                    form.fields.note("MODEL_REPLACED", "model", "\(found.model.id) ran instead: the model that was asked for is not here")
                }
                let view = ClassificationView(found, most: body.most, bytes: file.count, requestID: request.requestID, requestedModel: replaced)
                return reply(view, form.fields.notices, replaced: replaced)
            },
        ]
    }

    private static func reply(_ view: some Described, _ notices: [JSON], replaced: String?) -> APIReply {
        APIReply(200, headers: replaced == nil ? [] : [(name: "preference-applied", value: "handling=lenient")], .json(view.json.noting(notices)))
    }

    private static func looking<Value: Sendable>(_ call: () async throws(VisionFailure) -> Value) async throws(ServiceError) -> Value {
        do { return try await call() } catch { throw ServiceError(error) }
    }
}

extension ServiceError {
    fileprivate init(_ failure: VisionFailure) {
        switch failure {
        case .picture(.format(let name)): self = .unsupportedMediaType("\(name) is not read here; send the picture as a PNG")
        case .picture(.tooLarge(let problem)): self = .invalid(field: "image", issue: "is too large: \(problem)", provided: nil)
        case .picture(let error): self = .invalid(field: "image", issue: "cannot be read: \(error.description)", provided: nil)
        case .busy(let limit): self = .unavailable("\(limit) pictures wait to be looked at", retryAfterSeconds: 2)
        case .modelNotHere(let asked, let available): self = .modelNotLoaded(asked: asked, available: available)
        case .upstream(let failure): self = ServiceError(failure, field: "image")
        case .model(.internalError(let cause)): self = .internalError(cause: cause)
        case .model(let error): self = .unprocessable(field: "model", issue: "cannot answer: \(error.description)", provided: nil)
        }
    }
}
