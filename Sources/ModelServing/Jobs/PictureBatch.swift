internal import Federation
internal import Foundation
internal import Platform
internal import Storage
internal import StrictJSON
internal import Vision

/// Pictures: which digit they show, or what is measured of them.
struct PictureBatch: BatchWork {
    let service = BatchTask.Service.vision
    let kind = BatchItems.Kind.pictures
    let vision: VisionService
    let artifacts: Artifacts
    let now: @Sendable () -> Instant

    func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker] {
        switch task.look {
        case .analysis(let questions):
            guard let model = task.model, questions.contains(.objects), !vision.hasDetector(model) else { return [] }
            return [.model(model, have: "no such detector", fix: "map a detector behind another server, or leave model out")]
        case .classification:
            if let model = task.model, vision.hasClassifier(model) { return [] }
            do throws(VisionFailure) { _ = try await vision.digits(task.model, tenant: tenant, isLenient: false) } catch {
                switch error {
                case .modelNotHere(let asked, let available):
                    return [
                        .model(
                            asked, have: available.isEmpty ? "none" : available.joined(separator: ", "), fix: "train one with a session, or name one of these")
                    ]
                case .model(let failure): return JobBlocker.model(task.model ?? "fed-digits", failure).map { [$0] } ?? []
                case .picture, .busy, .upstream: return []
                }
            }
            return []
        }
    }

    func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel {
        let tenant = job.tenant
        var (model, sha256) = (task.model, String?.none)
        if task.look == .classification, !(task.model.map(vision.hasClassifier) ?? false) {
            do throws(VisionFailure) {
                let digits = try await vision.digits(task.model, tenant: tenant, isLenient: false)
                (model, sha256) = (digits.id, digits.model.sha256)
            } catch { throw JobRunError("model_not_loaded", "The model cannot be used.", mayRetry: true) }
        }
        let named = model
        return BatchModel(id: model, sha256: sha256, atOnce: 1) { items, _ in
            var answers: [BatchAnswer] = []
            for item in items { answers.append(try await answer(item, task, named, tenant)) }
            return answers
        }
    }

    private func answer(_ item: BatchItem, _ task: BatchTask, _ model: String?, _ tenant: String) async throws -> BatchAnswer {
        let bytes: [UInt8]
        switch try await file(item, tenant) {
        case .success(let file): bytes = file
        case .failure(let problem): return .failure(problem)
        }
        do throws(VisionFailure) {
            switch task.look {
            case .classification:
                let classes = try await vision.classify(bytes, tenant: tenant, model: model, isLenient: false)
                let predictions = classes.predictions.map { one -> JSON in
                    ["class": .string(one.label), "confidence": JSON(one.confidence), "class_id": JSON(one.index)]
                }
                return .success(["predictions": .array(predictions)])
            case .analysis(let questions):
                return .success(Self.json(try await vision.analyse(bytes, questions, model: model, isLenient: true), questions))
            }
        } catch {
            switch error {
            case .picture(let problem): return .failure(BatchProblem(why: "\(problem)"))
            case .busy(let limit): throw BatchBusy(why: "\(limit) pictures wait already")
            case .upstream(let failure): throw JobRunError("upstream", failure.description, mayRetry: failure.isPassing)
            case .modelNotHere, .model: throw JobRunError("model_not_loaded", "The model cannot be used any more.", mayRetry: true)
            }
        }
    }

    /// The file of an item: in base64, or by the name of an artifact.
    private func file(_ item: BatchItem, _ tenant: String) async throws -> Result<[UInt8], BatchProblem> {
        if let picture = item.picture { return .success(picture) }
        if let text = item.value["image"]?.text {
            guard let data = Data(base64Encoded: text) else { return .failure(BatchProblem(why: "image is no base64")) }
            return .success([UInt8](data))
        }
        guard let name = item.value.text ?? item.value["file"]?.text else {
            return .failure(BatchProblem(why: "is no picture: an artifact's name, or an object with file or image"))
        }
        for candidate in [name, ModelLocation.uploads + name] where Artifacts.nameProblem(candidate) == nil {
            if let found = try? await artifacts.get(candidate, tenant: tenant, now: now()) { return .success(found.content) }
        }
        return .failure(BatchProblem(why: "there is no file \(name)"))
    }

    /// The names are those of `ai/vision/analyze`.
    private static func json(_ analysis: PictureAnalysis, _ asked: Set<VisionQuestion>) -> JSON {
        var members: [JSON.Member] = [.init("image_info", ["width": JSON(analysis.header.width), "height": JSON(analysis.header.height)])]
        if asked.contains(.objects) {
            let objects = analysis.objects.map { JSON.array($0.map { found($0.label, $0.confidence, $0.box, as: "class") }) }
            members.append(.init("objects", objects ?? .null))
        }
        if asked.contains(.text) {
            members.append(.init("text", analysis.text.map { JSON.array($0.map { found($0.text, $0.confidence, $0.box, as: "text") }) } ?? .null))
        }
        if asked.contains(.scene), let scene = analysis.scene {
            let colours = scene.dominantColours.map { colour -> JSON in ["color": .string(colour.hex), "share": JSON(colour.share)] }
            members.append(
                .init(
                    "scene",
                    [
                        "mean_luma": JSON(scene.meanLuma), "contrast": JSON(scene.contrast), "dominant_colors": .array(colours),
                        "edge_density": JSON(scene.edgeDensity),
                    ]))
        }
        let unavailable = analysis.unavailable.map { JSON.string($0.question.rawValue) }
        return .object(members + (unavailable.isEmpty ? [] : [.init("unavailable", .array(unavailable))]))
    }

    private static func found(_ name: String, _ confidence: Double, _ box: PixelBox, as field: String) -> JSON {
        .object([.init(field, .string(name)), .init("confidence", JSON(confidence)), .init("bbox", .array(box.corners.map { JSON($0) }))])
    }
}
