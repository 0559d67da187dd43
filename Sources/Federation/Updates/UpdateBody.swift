internal import CryptoSuite
package import Learning
package import Strategies
internal import StrictJSON

/// The body of an update: a safetensors file with the model's tensors, and in its metadata what the numbers are.
package struct UpdateBody: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Trained parameters minus those of the round's model.
        case delta
        /// The trained parameters themselves.
        case weights
        /// The delta divided by `steps` (FedNova).
        case normalised
    }

    /// Before the names of tensors that hold the change of the client's control.
    static let controlPrefix = "control."
    static let controlField = "control"
    static let lost = "lost"

    /// The tensors of an update.
    static func layout(_ spec: ModelSpec, _ rule: Strategy.ClientRule) -> [TensorShape] {
        let model = spec.parameterLayout
        guard rule == .controlled else { return model }
        return model + model.map { TensorShape(name: controlPrefix + $0.name, dimensions: $0.dimensions) }
    }

    package var spec: ModelSpec
    package var kind: Kind
    package var values: [Float]
    /// The change of the client's control, as long as `values` (SCAFFOLD); empty with any other algorithm.
    package var control: [Float] = []
    /// The client had lost the control that the coordinator counted last, and began from zero.
    package var hasLostControl = false
    /// FedNova's normaliser; nil with any other algorithm.
    package var steps: Double?
    package var round: Int
    package var attempt: Int
    package var samples: Int64
    /// SHA-256 of the model it starts from.
    package var base: [UInt8]
    /// Of the received model on the client's own rows.
    package var loss: Double?
    package var accuracy: Double?
    /// Mean over the last local epoch.
    package var trainingLoss: Double?

    package init(
        spec: ModelSpec, kind: Kind, values: [Float], round: Int, attempt: Int, samples: Int64, base: [UInt8],
        loss: Double? = nil, accuracy: Double? = nil, trainingLoss: Double? = nil
    ) {
        precondition(values.count == spec.parameterCount)
        self.spec = spec
        self.kind = kind
        self.values = values
        self.round = round
        self.attempt = attempt
        self.samples = samples
        self.base = base
        self.loss = loss
        self.accuracy = accuracy
        self.trainingLoss = trainingLoss
    }

    private static func report(_ name: String, _ metric: Double?, in metadata: inout [(name: String, value: String)]) {
        if let metric, (0...ValidUpdate.maximumLoss).contains(metric) { metadata.append((name: name, value: "\(metric)")) }
    }

    package func encode() -> [UInt8] {
        var metadata = [
            (name: "round", value: "\(round)"), (name: "attempt", value: "\(attempt)"), (name: "samples", value: "\(samples)"),
            (name: "kind", value: kind.rawValue), (name: "base", value: hexadecimal(base)),
        ]
        // A diverged model has no loss to report; that must not cost the client its update.
        Self.report("loss", loss, in: &metadata)
        Self.report("accuracy", accuracy, in: &metadata)
        Self.report("training_loss", trainingLoss, in: &metadata)
        if hasLostControl { metadata.append((name: Self.controlField, value: Self.lost)) }
        if let steps { metadata.append((name: "steps", value: "\(steps)")) }
        let layout = Self.layout(spec, control.isEmpty ? .plain : .controlled)
        return Safetensors.encode(slices(of: control.isEmpty ? values : values + control, layout), metadata: metadata)
    }
}

/// What the sender says outside the body (query parameters); the body's metadata say the rest.
package struct UpdateClaim: Sendable, Equatable {
    package var round: Int?
    package var attempt: Int?
    package var samples: Int64?
    package var kind: UpdateBody.Kind?
    package init(round: Int? = nil, attempt: Int? = nil, samples: Int64? = nil, kind: UpdateBody.Kind? = nil) {
        self.round = round
        self.attempt = attempt
        self.samples = samples
        self.kind = kind
    }
}

/// An update that may be stored: right shape, finite, within bounds.
package struct ValidUpdate: Sendable, Equatable {
    package var key: AttemptKey
    package var samples: Int64
    /// What is combined: trained parameters minus the model's, in the model's layout, with FedNova divided by `steps`,
    /// with SCAFFOLD followed by the change of the client's control.
    package var delta: [Float]
    package var maxAbs: Float
    /// FedNova's normaliser; nil with any other algorithm.
    package var steps: Double?
    /// The client says that it had lost its control, and began from zero.
    package var hasLostControl: Bool
    package var loss: Double?
    package var accuracy: Double?
}

package enum UpdateError: Error, Sendable, Equatable, CustomStringConvertible {
    case file(SafetensorsError)
    /// A statement about the update that is missing, malformed or contradicted.
    /// `provided`: as the file's metadata or the query says it; nil when neither does.
    case claim(field: String, issue: String, provided: String?)
    case notFinite(tensor: String)
    case wrongBase(expected: String, provided: String)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .claim(let field, let issue, let provided): "\(field) \(issue)" + (provided.map { " (given: \($0.clipped(80)))" } ?? "")
        case .notFinite(let tensor):
            "tensor '\(tensor)' holds NaN or infinity; lower the learning rate or check the data, and train again"
        case .wrongBase(let expected, let provided):
            "the update starts from model \(provided.clipped(16)), the round's model is \(expected.prefix(16))…; fetch the weights again"
        }
    }
}

extension ValidUpdate {
    private static let maximumSamples: Int64 = 1_000_000_000_000
    /// A loss beyond this says only that the model has diverged: a squared error of numbers up to 1e15 is below it.
    static let maximumLoss = 1e30

    /// Reads and checks a body from outside. Nothing is kept of one that is not accepted.
    ///
    /// - Parameters:
    ///   - claim: from the query; it and the body's metadata must not contradict each other.
    ///   - parameters: of the model the round starts from.
    ///   - rule: what the session's algorithm asks of an update.
    package init(
        body: [UInt8], claim: UpdateClaim, spec: ModelSpec, base: String, parameters: [Float], rule: Strategy.ClientRule = .plain
    ) throws(UpdateError) {
        let file: Safetensors.File
        do { file = try Safetensors.decode(body) } catch { throw .file(error) }
        if rule == .controlled, !file.tensors.contains(where: { $0.name.hasPrefix(UpdateBody.controlPrefix) }) {
            throw .claim(
                field: "control", issue: "is missing: with algorithm scaffold an update carries the change of the client's control; upgrade the client",
                provided: nil)
        }
        var values: [Float]
        do { values = try flatParameters(of: file, in: body, layout: UpdateBody.layout(spec, rule)) } catch { throw .file(error) }
        let metadata = Metadata(entries: file.metadata)

        func whole(_ field: String, _ claimed: Int64?, _ range: ClosedRange<Int64>, otherwise: Int64?) throws(UpdateError) -> Int64 {
            let text = metadata[field]
            let stated = text.flatMap { Int64($0) }
            if let text, stated == nil { throw .claim(field: field, issue: "must be a whole number", provided: text) }
            if let stated, let claimed, stated != claimed {
                throw .claim(field: field, issue: "differs between the request (\(claimed)) and the body", provided: "\(stated)")
            }
            guard let value = claimed ?? stated ?? otherwise else {
                throw .claim(field: field, issue: "is missing; give it as ?\(field)=… or in the file's metadata", provided: nil)
            }
            guard range.contains(value) else {
                throw .claim(field: field, issue: "must be \(range.lowerBound) to \(range.upperBound)", provided: "\(value)")
            }
            return value
        }
        let round = try whole("round", claim.round.map(Int64.init), 1...100_000, otherwise: nil)
        let attempt = try whole("attempt", claim.attempt.map(Int64.init), 1...1_000_000, otherwise: 1)
        samples = try whole("samples", claim.samples, 0...Self.maximumSamples, otherwise: 1)
        key = AttemptKey(round: Int(round), attempt: Int(attempt))

        var kind = claim.kind
        if let text = metadata["kind"] {
            guard let stated = UpdateBody.Kind(rawValue: text) else {
                throw .claim(field: "kind", issue: "must be delta, weights or normalised", provided: text)
            }
            if stated == .normalised, rule != .normalised {
                throw .claim(field: "kind", issue: "normalised belongs to algorithm fednova", provided: text)
            }
            if let claimed = kind, claimed != stated {
                throw .claim(field: "kind", issue: "differs between the request and the body", provided: text)
            }
            kind = stated
        }
        let control = metadata[UpdateBody.controlField]
        guard control == nil || (control == UpdateBody.lost && rule == .controlled) else {
            throw .claim(
                field: UpdateBody.controlField, issue: "must be '\(UpdateBody.lost)' with algorithm scaffold, and left out otherwise", provided: control)
        }
        hasLostControl = control != nil
        if let stated = metadata["base"], stated != base { throw .wrongBase(expected: base, provided: stated) }
        loss = try Self.metric("loss", metadata["loss"], 0...Self.maximumLoss)
        accuracy = try Self.metric("accuracy", metadata["accuracy"], 0...1)

        // Weights is what one sends who knows only the document: fetch weights, train, post weights.
        if kind ?? .weights == .weights { for i in parameters.indices { values[i] -= parameters[i] } }
        if rule == .normalised {
            let normaliser = try Self.steps(metadata["steps"])
            // Who sends plain values leaves the division to the coordinator.
            if kind != .normalised {
                do { values = try FedNova.normalise(values, by: normaliser) } catch {
                    throw .claim(field: "steps", issue: "\(error)", provided: metadata["steps"])
                }
            }
            steps = normaliser
        }
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: Self.tensorName(at: bad, spec))
        }
        delta = values
        maxAbs = values.reduce(0) { max($0, abs($1)) }
    }

    /// What a file says of itself: so few entries that to look through them takes less than a table.
    private struct Metadata {
        let entries: [(name: String, value: String)]
        subscript(name: String) -> String? {
            for at in entries.indices where entries[at].name == name { return entries[at].value }
            return nil
        }
    }

    private static func steps(_ text: String?) throws(UpdateError) -> Double {
        guard let text else {
            throw .claim(
                field: "steps", issue: "is missing: with algorithm fednova the metadata say how many steps the values amount to; upgrade the client",
                provided: nil)
        }
        guard let steps = Double(text), steps == 0 || FedNova.isUsable(steps) else {
            throw .claim(field: "steps", issue: "must be a number of local steps", provided: text)
        }
        return steps
    }

    private static func metric(_ field: String, _ text: String?, _ range: ClosedRange<Double>) throws(UpdateError) -> Double? {
        guard let text else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw .claim(field: field, issue: "must be a number in its range", provided: text)
        }
        return value
    }

    private static func tensorName(at index: Int, _ spec: ModelSpec) -> String {
        var end = 0
        for shape in UpdateBody.layout(spec, .controlled) {
            end += shape.count
            if index < end { return shape.name }
        }
        return ""
    }
}
