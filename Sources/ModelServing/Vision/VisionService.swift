package import Compute
internal import Inference
internal import Learning
internal import Synchronization
package import Vision

/// Why a picture was not answered.
package enum VisionFailure: Error, Sendable, Equatable {
    case picture(ImageError)
    /// So many pictures wait already.
    case busy(limit: Int)
    /// The model that was asked for is not here; these are.
    case modelNotHere(asked: String, available: [String])
    case model(ModelFailure)
    case upstream(UpstreamFailure)
}

/// What is asked of a picture.
package enum VisionQuestion: String, Sendable, CaseIterable {
    case objects = "object_detection"
    case text = "text_extraction"
    case scene = "scene_analysis"
}

/// A part that was asked for and that nothing here answers.
package struct UnavailablePart: Sendable, Equatable {
    package var question: VisionQuestion
    package var why: String
    package var fix: String
}

/// What was found; nil: it was not asked for, or is among `unavailable`.
package struct PictureAnalysis: Sendable {
    package var header: PNGHeader
    package var objects: [DetectedObject]?
    package var detector: String?
    package var text: [ReadWord]?
    package var scene: PictureMeasures?
    package var unavailable: [UnavailablePart] = []
    package var seconds = 0.0
}

package struct ClassPrediction: Sendable, Equatable {
    package var label: String
    package var index: Int
    package var confidence: Double

    /// The surest first, and of equals the first.
    static func sorted(_ confidences: [Double], label: (Int) -> String) -> [ClassPrediction] {
        confidences.indices.sorted { confidences[$0] != confidences[$1] ? confidences[$0] > confidences[$1] : $0 < $1 }
            .map { ClassPrediction(label: label($0), index: $0, confidence: confidences[$0]) }
    }
}

/// What told classes apart.
package enum ClassifyingModel: Sendable {
    case digits(DigitsModel)
    case upstream(UpstreamClassifier)

    package var id: String {
        switch self {
        case .digits(let model): model.id
        case .upstream(let model): model.id
        }
    }
    /// nil: nobody here has seen the other server's weights.
    package var sha256: String? { if case .digits(let model) = self { model.model.sha256 } else { nil } }
    /// nil: nobody here has measured it.
    package var calibration: DigitsCalibration? { if case .digits(let model) = self { model.calibration } else { nil } }
    package var backend: String {
        switch self {
        case .digits: "embedded"
        case .upstream(let model): model.backend
        }
    }
    package func isCalled(_ name: String) -> Bool {
        switch self {
        case .digits(let model): model.isCalled(name)
        case .upstream(let model): model.id == name
        }
    }
}

package struct PictureClasses: Sendable {
    package var header: PNGHeader
    /// All there are, the most likely first.
    package var predictions: [ClassPrediction]
    package var model: ClassifyingModel
    /// Whether the picture was taken for dark ink on light paper; nil: that was not asked.
    package var isDarkOnLight: Bool?
    package var seconds: Double
}

/// What is on pictures, as far as somebody here knows: one picture is taken apart at a time, on a thread of its own, and text is read on another.
package final class VisionService: Sendable {
    private struct State {
        var waiting = 0
        var lastSeconds: Double?
    }
    private let state = Mutex(State())
    private let models: DigitsModels?
    private let reader: OpticalReader?
    private let detectors: [any ObjectDetector]
    private let classifiers: [UpstreamClassifier]
    private let pictures: ComputePool
    private let reading: ComputePool

    /// - Parameters:
    ///   - models: where digits models are; nil: nowhere.
    ///   - reader: nil: text is read by nobody.
    ///   - detectors: the first one runs where no model is named.
    ///   - classifiers: run where they are named.
    package init(
        models: DigitsModels? = nil, reader: OpticalReader? = .installed(), detectors: [any ObjectDetector] = [],
        classifiers: [UpstreamClassifier] = [], pictures: ComputePool = ComputePool(threads: 1, name: "pictures"),
        reading: ComputePool = ComputePool(threads: 1, name: "reading")
    ) {
        (self.models, self.reader, self.detectors, self.classifiers, self.pictures, self.reading) =
            (models, reader, detectors, classifiers, pictures, reading)
    }

    /// How long the last call took, without waiting; nil before the first.
    package var lastSeconds: Double? { state.withLock { $0.lastSeconds } }
    package func hasDetector(_ id: String) -> Bool { detectors.contains { $0.id == id } }
    package func hasClassifier(_ id: String) -> Bool { classifiers.contains { $0.id == id } }
    /// Gives back the models in memory; who is being answered keeps its own.
    package func forget() async { await models?.forget() }
    package var waiting: Int { state.withLock { $0.waiting } }

    /// - Parameters:
    ///   - model: of the detector; nil: the one that is here.
    ///   - isLenient: another one, or none, will do where that is not here.
    package func analyse(
        _ file: [UInt8], _ questions: Set<VisionQuestion>, model: String?, isLenient: Bool
    ) async throws(VisionFailure) -> PictureAnalysis {
        let named = detectors.first { $0.id == model }
        if let model, named == nil, !isLenient { throw .modelNotHere(asked: model, available: detectors.map(\.id)) }
        let detector = named ?? detectors.first
        return try await taking { () async throws(VisionFailure) in
            let start = ContinuousClock.now
            // In one piece, so that no picture lies in memory while others are taken apart: what is left of it is small.
            let looks = questions.contains(.objects) && detector != nil
            let reads = questions.contains(.text) && self.reader != nil
            let (header, scene, grey, picture) = try await self.seen { () throws(ImageError) in
                let png = try PNG(decoding: file)
                let isReadable = reads && png.header.width * png.header.height <= VisionServiceLimits.readPixels
                return (
                    png.header, questions.contains(.scene) ? PictureMeasures(png.picture) : nil, isReadable ? png.picture.grey : nil,
                    looks ? png.picture : nil
                )
            }
            var analysis = PictureAnalysis(header: header, scene: scene)
            if questions.contains(.objects) { await Self.detect(picture, detector, &analysis) }
            if questions.contains(.text) { await self.read(grey, &analysis) }
            analysis.seconds = self.ended(start)
            return analysis
        }
    }

    /// - Parameter model: nil: the best one that is here.
    package func classify(_ file: [UInt8], tenant: String, model name: String?, isLenient: Bool) async throws(VisionFailure) -> PictureClasses {
        if let named = classifiers.first(where: { $0.id == name }) { return try await classify(file, named) }
        let model = try await digits(name, tenant: tenant, isLenient: isLenient)
        return try await taking { () async throws(VisionFailure) in
            let start = ContinuousClock.now
            let (header, digit, answer) = try await self.seen { () throws(ImageError) in
                let png = try PNG(decoding: file)
                let digit = DigitImage(png.picture.grey)
                let answer = Result { () throws(InferenceError) in try model.classifier.probabilities(digit.counts) }
                return (png.header, digit, answer)
            }
            switch answer {
            case .failure(let error): throw .model(.unsupported(id: model.id, why: "\(error)"))
            case .success(let raw):
                guard raw.count == model.classifier.labels.count, raw.allSatisfy(\.isFinite) else {
                    throw .model(.unsupported(id: model.id, why: "it gives no probabilities"))
                }
                let confidences = model.calibration.scaling.map { $0(raw) } ?? raw.map(Double.init)
                return PictureClasses(
                    header: header, predictions: ClassPrediction.sorted(confidences) { model.classifier.labels[$0] }, model: .digits(model),
                    isDarkOnLight: digit.isDarkOnLight, seconds: self.ended(start))
            }
        }
    }

    private func classify(_ file: [UInt8], _ classifier: UpstreamClassifier) async throws(VisionFailure) -> PictureClasses {
        try await taking { () async throws(VisionFailure) in
            let start = ContinuousClock.now
            let (header, tensor) = try await self.seen { () throws(ImageError) in
                let png = try PNG(decoding: file)
                return (png.header, classifier.tensor(of: png.picture))
            }
            guard let tensor else { throw .model(.unsupported(id: classifier.id, why: "its input is described wrongly in the settings")) }
            do throws(UpstreamFailure) {
                return PictureClasses(
                    header: header, predictions: try await classifier.predictions(tensor), model: .upstream(classifier), isDarkOnLight: nil,
                    seconds: self.ended(start))
            } catch { throw .upstream(error) }
        }
    }

    func digits(_ name: String?, tenant: String, isLenient: Bool) async throws(VisionFailure) -> DigitsModel {
        do throws(ModelFailure) {
            if let name, let model = try await models?.named(name, tenant: tenant) { return model }
            if name == nil || isLenient, let best = try await models?.best(tenant: tenant) { return best }
            throw .notFound(name ?? "fed-digits")
        } catch {
            guard case .notFound = error else { throw .model(error) }
        }
        var available: [String] = []
        do throws(ModelFailure) {
            // One file may be registered more than once: an id says which file, and is told once.
            for model in try await models?.all(tenant: tenant) ?? [] where !available.contains(model.id) { available.append(model.id) }
        } catch { throw .model(error) }
        available += classifiers.map(\.id)
        throw .modelNotHere(asked: name ?? "fed-digits", available: available)
    }

    private func seen<Value: Sendable>(_ look: @escaping @Sendable () throws(ImageError) -> Value) async throws(VisionFailure) -> Value {
        do { return try await pictures.run(throwing: look) } catch { throw .picture(error) }
    }

    private static func detect(_ picture: Picture?, _ detector: (any ObjectDetector)?, _ analysis: inout PictureAnalysis) async {
        func missing(_ why: String) { analysis.unavailable.append(UnavailablePart(question: .objects, why: why, fix: "map a detector behind another server")) }
        guard let detector, let picture else { return missing("nothing here detects objects") }
        do throws(DetectorFailure) {
            analysis.objects = try await detector.objects(on: picture)
            analysis.detector = detector.id
        } catch { missing(error.why) }
    }

    private func read(_ grey: GreyPicture?, _ analysis: inout PictureAnalysis) async {
        func missing(_ why: String, _ fix: String) { analysis.unavailable.append(UnavailablePart(question: .text, why: why, fix: fix)) }
        guard let reader else { return missing("Tesseract is not installed", "install tesseract-ocr and restart the coordinator") }
        guard let grey else {
            return missing("text is looked for in pictures of at most \(VisionServiceLimits.readPixels) pixels", "send a smaller picture")
        }
        let answer = await reading.run { () -> Result<[ReadWord], ReadingFailure> in
            do throws(ReadingFailure) { return .success(try reader.words(on: grey)) } catch { return .failure(error) }
        }
        switch answer {
        case .success(let words): analysis.text = words
        case .failure(let failure): missing(failure.why, "send a smaller or plainer picture")
        }
    }

    private func ended(_ start: ContinuousClock.Instant) -> Double {
        let elapsed = (ContinuousClock.now - start).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        state.withLock { $0.lastSeconds = seconds }
        return seconds
    }

    private func taking<Value: Sendable>(_ work: () async throws(VisionFailure) -> Value) async throws(VisionFailure) -> Value {
        let isFree = state.withLock { state in
            guard state.waiting < VisionServiceLimits.waiting else { return false }
            state.waiting += 1
            return true
        }
        guard isFree else { throw .busy(limit: VisionServiceLimits.waiting) }
        defer { state.withLock { $0.waiting -= 1 } }
        return try await work()
    }
}
