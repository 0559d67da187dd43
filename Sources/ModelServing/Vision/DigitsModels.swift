internal import Learning
internal import StrictJSON

/// A tenant's model that tells digits apart.
package struct DigitsModel: Sendable {
    package let model: ServableModel
    package let classifier: any DigitsClassifier
    package let calibration: DigitsCalibration

    /// `fed-digits-` and the first eight digits of its file's SHA-256: a name that cannot come to mean another model.
    package var id: String { Self.id(model) }
    /// Whether this is a name of it: its own, or one that the registry has for it.
    package func isCalled(_ name: String) -> Bool { id == name || model.id == name || model.name == name }
    static func id(_ model: ServableModel) -> String { "fed-digits-\(model.sha256.prefix(8))" }
}

/// Finds the digits models among all models of a tenant, and keeps the newest ones that it met in memory.
package actor DigitsModels {
    /// Makes a classifier of a file; nil: it is another model.
    package typealias Loader = @Sendable (_ file: [UInt8]) -> (any DigitsClassifier)?

    private let source: any ModelSource
    private let load: Loader
    /// By SHA-256, in the order in which they came; nil: no digits model.
    private var known: [(sha256: String, classifier: (any DigitsClassifier)?)] = []

    /// - Parameter load: the forward pass of `Learning`, where nothing else is said.
    package init(_ source: any ModelSource, load: @escaping Loader = DigitsModels.learning) {
        self.source = source
        self.load = load
    }

    package static let learning: Loader = { file in (try? ModelFile(decoding: file)).flatMap { LearningDigits($0) } }

    /// The best first: by accuracy on held-out rows as the card has it, then by when it was made, then by id. Of many models only so many are
    /// looked at.
    package func all(tenant: String) async throws(ModelFailure) -> [DigitsModel] {
        var found: [DigitsModel] = []
        for model in try await candidates(tenant).prefix(VisionServiceLimits.modelsLookedAt) {
            // A file that is on its way, or damaged, is no reason to refuse what another one can answer.
            if let digits = try? await digits(model) { found.append(digits) }
        }
        return found
    }

    /// nil: there is none of this name that tells digits.
    /// - Parameter name: `fed-digits-…`, or what the registry calls it.
    package func named(_ name: String, tenant: String) async throws(ModelFailure) -> DigitsModel? {
        let models = try await candidates(tenant)
        // A model that was called as another one is by its hash does not take that one's place.
        let named: [(ServableModel) -> Bool] = [{ DigitsModel.id($0) == name }, { $0.id == name }, { $0.name == name }]
        guard let model = named.lazy.compactMap({ models.first(where: $0) }).first else { return nil }
        return try await digits(model)
    }

    package func best(tenant: String) async throws(ModelFailure) -> DigitsModel? {
        for model in try await candidates(tenant).prefix(VisionServiceLimits.modelsLookedAt) {
            if let digits = try? await digits(model) { return digits }
        }
        return nil
    }

    /// Gives back the models that were met; they are read again when somebody asks.
    package func forget() { known = [] }

    private func candidates(_ tenant: String) async throws(ModelFailure) -> [ServableModel] {
        let models = try await source.models(tenant: tenant).filter {
            $0.format == .safetensors && $0.bytes <= VisionServiceLimits.modelBytes && mayBeDigits($0.card)
        }
        func accuracy(_ model: ServableModel) -> Double { model.card["metrics"]?["held_out"]?["accuracy"]?.double ?? -1 }
        func made(_ model: ServableModel) -> String { model.card["model_details"]?["made_at"]?.text ?? "" }
        return models.sorted { a, b in
            if accuracy(a) != accuracy(b) { return accuracy(a) > accuracy(b) }
            return made(a) != made(b) ? made(a) > made(b) : a.id < b.id
        }
    }

    /// A card that says another schema saves reading the file.
    private func mayBeDigits(_ card: JSON) -> Bool {
        guard let schema = card["training_data"]?["schema"] else { return true }
        return schema["inputs"]?.whole == Int64(LearningDigits.inputs) && schema["outputs"]?.whole == Int64(LearningDigits.classes)
    }

    private func digits(_ model: ServableModel) async throws(ModelFailure) -> DigitsModel? {
        let classifier: (any DigitsClassifier)?
        if let before = known.first(where: { $0.sha256 == model.sha256 }) {
            classifier = before.classifier
        } else {
            classifier = load(try await source.bytes(of: model))
            // Somebody else may have met it meanwhile.
            if !known.contains(where: { $0.sha256 == model.sha256 }) {
                known.append((model.sha256, classifier))
                if known.count > VisionServiceLimits.modelsKept { known.removeFirst() }
            }
        }
        return classifier.map { DigitsModel(model: model, classifier: $0, calibration: DigitsCalibration(card: model.card)) }
    }
}
