package import Learning
internal import StrictJSON

/// A byte-level transformer with its weights: what is trained, kept in a file, and asked.
package struct ByteTransformer: ByteModel, Equatable {
    package let configuration: TransformerShape
    /// In the order of the configuration's layout.
    package let parameters: [Float]
    /// Made once, and not by each reader.
    let rotary: Rotary?

    package init(configuration: TransformerShape, parameters: [Float]) {
        precondition(configuration.problem == nil && parameters.count == configuration.parameterCount)
        self.configuration = configuration
        self.parameters = parameters
        rotary = configuration.positions == .rotary ? Rotary(configuration) : nil
    }

    /// One place of the context is the boundary's.
    package var contextBytes: Int { configuration.context - 1 }
    package var parameterCount: Int { parameters.count }
    package var memoryBytes: Int { 4 * parameters.count }
    package func reader() -> any ByteReader { TransformerReader(self) }

    /// The entry of the metadata that has the configuration.
    package static let metadataName = "tutti_byte_language"

    /// Safetensors; equal models give equal bytes.
    package func encode() -> [UInt8] {
        let c = configuration
        let text = (c.positions == .learned && c.longestGram == 1 ? card(1, c) : card(2, c)).encodedText
        return Safetensors.encode(slices(of: parameters, c.parameterLayout), metadata: [(Self.metadataName, text)])
    }

    /// Format 1 has learned positions and no sequences, and says neither.
    private func card(_ format: Int, _ c: TransformerShape) -> JSON {
        guard format > 1 else {
            return [
                "format": 1, "kind": "byte_transformer", "layers": JSON(c.layers), "width": JSON(c.width), "heads": JSON(c.heads),
                "hidden": JSON(c.hidden), "context": JSON(c.context),
            ]
        }
        return [
            "format": 2, "kind": "byte_transformer", "layers": JSON(c.layers), "width": JSON(c.width), "heads": JSON(c.heads),
            "hidden": JSON(c.hidden), "context": JSON(c.context), "positions": .string(c.positions.rawValue), "longest_gram": JSON(c.longestGram),
            "gram_rows": JSON(c.gramRows),
        ]
    }

    /// - Throws: `file` for anything but a whole model with finite weights; the configuration is held to its limits before any weight is read.
    package init(decoding bytes: [UInt8]) throws(ByteLanguageError) {
        let file: Safetensors.File
        do { file = try Safetensors.decode(bytes) } catch { throw .file(error.description) }
        guard let text = file.metadata.first(where: { $0.name == Self.metadataName })?.value else {
            throw .file("its metadata has no '\(Self.metadataName)' entry")
        }
        let card: JSON
        do { card = try JSON(parsing: text, maximumDepth: 2) } catch { throw .file("its configuration is \(error)") }
        guard let format = card["format"]?.whole, (1...2).contains(format), card["kind"]?.text == "byte_transformer" else {
            throw .file("it is of another kind or format")
        }
        func number(_ name: String) throws(ByteLanguageError) -> Int {
            guard let value = card[name]?.whole, (0...Int64(Int32.max)).contains(value) else { throw .file("\(name) is missing or no number") }
            return Int(value)
        }
        var configuration = TransformerShape(
            layers: try number("layers"), width: try number("width"), heads: try number("heads"), hidden: try number("hidden"),
            context: try number("context"))
        if format == 2 {
            guard let positions = card["positions"]?.text.flatMap({ TransformerShape.Positions(rawValue: $0) }) else {
                throw .file("its positions are missing or of another kind")
            }
            configuration.positions = positions
            (configuration.longestGram, configuration.gramRows) = (try number("longest_gram"), try number("gram_rows"))
        }
        if let problem = configuration.problem { throw .file(problem.description) }
        let parameters: [Float]
        do { parameters = try flatParameters(of: file, in: bytes, layout: configuration.parameterLayout) } catch { throw .file(error.description) }
        guard parameters.allSatisfy(\.isFinite) else { throw .file("a weight is no finite number") }
        self.init(configuration: configuration, parameters: parameters)
    }

    /// Mean of −log₂ of what the model gives each byte of the text.
    ///
    /// - Parameter stride: the text is read in windows of `context` bytes, as if a text began with each, that are so many bytes apart, and
    ///   of each but the first only the last `stride` bytes count: these have at least `context` − `stride` bytes before them. Without it
    ///   windows do not overlap, and the first byte of each has nothing before it. Either says no better of a model than it is.
    package func bitsPerByte(_ text: [UInt8], stride: Int? = nil) -> Double {
        let (network, length) = (TransformerNetwork(configuration: configuration), configuration.context)
        let step = min(max(1, stride ?? length), length)
        var (nats, at) = (0.0, 0)
        while at < text.count {
            let end = min(at == 0 ? length : at + step, text.count)
            let start = max(0, end - length)
            let window = [Int32(Symbol.boundary)] + text[start..<end].map { Int32($0) }
            nats += network.loss(parameters, windows: window, length: end - start, scored: end - at)
            at = end
        }
        return text.isEmpty ? 0 : nats / 0.693_147_180_559_945_3 / Double(text.count)
    }
}
