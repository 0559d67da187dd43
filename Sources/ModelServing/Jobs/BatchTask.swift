package import Platform
package import StrictJSON

/// What a batch does with each of its things, as its parameters say.
package struct BatchTask: Sendable {
    package enum Service: String, Sendable, CaseIterable {
        /// Numbers, by a model of the registry.
        case fl
        /// Texts that are continued.
        case llm
        /// Texts that are read.
        case nlp
        /// Pictures.
        case vision
    }
    package enum Look: Sendable, Equatable {
        case classification
        case analysis(Set<VisionQuestion>)
    }

    package var service: Service
    package var model: String?
    /// nlp.
    package var questions = Set(TextQuestion.allCases)
    /// vision.
    package var look = Look.analysis(Set(VisionQuestion.allCases))
    /// llm.
    package var maxTokens: Int?
    package var temperature: Double?
    package var topP: Double?
    /// Of the first item; each one after it has the next.
    package var seed: UInt64?
    /// Beside `input_source` and `output_format`.
    package static func names(_ service: Service) -> [String] {
        switch service {
        case .fl: ["model"]
        case .llm: ["model", "max_tokens", "temperature", "top_p", "seed"]
        case .nlp, .vision: ["model", "analysis_type"]
        }
    }

    package init(_ parameters: JSON, _ service: Service) throws(JobFailure) {
        self.service = service
        model = parameters["model"]?.text
        if service == .fl, model == nil { throw .invalid(field: "parameters.model", issue: "is needed: the id of a model of GET /models", provided: nil) }
        if service == .llm {
            maxTokens = try Self.number(parameters, "max_tokens", 1...Double(1 << 20)).map { Int($0) }
            temperature = try Self.number(parameters, "temperature", 0...2)
            topP = try Self.number(parameters, "top_p", 0...1)
            seed = try Self.number(parameters, "seed", 0...9_007_199_254_740_991).map { UInt64($0) }
        }
        let kinds = parameters["analysis_type"].map { ($0.elements ?? [$0]).compactMap(\.text) } ?? []
        guard !kinds.isEmpty else { return }
        if service == .nlp { questions = try Self.chosen(kinds) }
        if service == .vision { look = kinds == ["classification"] ? .classification : .analysis(try Self.chosen(kinds, also: "classification alone")) }
    }

    private static func chosen<Choice: RawRepresentable<String> & CaseIterable & Hashable>(
        _ names: [String], also: String? = nil
    ) throws(JobFailure) -> Set<Choice> {
        var chosen: Set<Choice> = []
        for name in names {
            guard let choice = Choice(rawValue: name) else {
                let known = (Choice.allCases.map(\.rawValue) + (also.map { [$0] } ?? [])).joined(separator: ", ")
                throw .invalid(field: "parameters.analysis_type", issue: "must be of \(known)", provided: .string(name.clipped(80)))
            }
            chosen.insert(choice)
        }
        return chosen
    }

    private static func number(_ parameters: JSON, _ name: String, _ range: ClosedRange<Double>) throws(JobFailure) -> Double? {
        guard let value = parameters[name], value != .null else { return nil }
        let isWhole = name == "max_tokens" || name == "seed"
        guard let number = value.double, range.contains(number), !isWhole || value.whole != nil else {
            throw .invalid(
                field: "parameters.\(name)",
                issue: "must be \(isWhole ? "a whole number" : "a number") from \(JSON(range.lowerBound).encodedText) to \(JSON(range.upperBound).encodedText)",
                provided: nil)
        }
        return number
    }
}
