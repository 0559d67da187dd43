import ByteLanguage
import Learning
import Testing

/// The model of a session is the model of this room: its sizes, tensors and weights.
@Suite struct SessionModelTests {
    private let shapes = [
        TransformerShape(), TransformerShape(layers: 1, width: 8, heads: 2, hidden: 16, context: 12),
        TransformerShape(layers: 3, width: 24, heads: 3, hidden: 40, context: 9),
        TransformerShape(layers: 2, width: 16, heads: 4, hidden: 24, context: 20, positions: .rotary, longestGram: 4, gramRows: 64),
    ]

    @Test func aSessionsFileIsReadAsItIs() throws {
        #expect(Symbol.count == TransformerShape.symbols)
        let spec = ModelSpec(transformer: shapes[1])
        let file = ModelFile(spec: spec, schema: .text, parameters: spec.initialParameters(seed: 2))
        let read = try ByteTransformer(reading: file.encode())
        #expect(read.parameters == file.parameters && read.contextBytes == 11)
        #expect(try ByteTransformer(reading: read.encode()) == read, "and so is a file of this room")
        let mlp = ModelSpec(kind: .mlp, layers: [2, 3, 2])
        let rows = ModelFile(
            spec: mlp, schema: DataSchema(inputs: 2, outputs: 2, scale: .none), parameters: [Float](repeating: 0, count: mlp.parameterCount))
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(reading: rows.encode()) }
        var torn = file
        torn.parameters[3] = .nan
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(reading: torn.encode()) }
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(reading: Array(file.encode().dropLast())) }
    }

    /// Windows that are read together give what they give alone.
    @Test func theLossOfTextsIsTheirBits() throws {
        let configuration = shapes[1]
        let parameters = configuration.initialParameters(seed: 3)
        let texts = [Array("a text of more than one window".utf8), [UInt8](repeating: 200, count: 24), Array("b".utf8)]
        let loss = TextLoss(of: texts, parameters: parameters, network: TransformerNetwork(configuration: configuration))
        let model = ByteTransformer(configuration: configuration, parameters: parameters)
        let bits = texts.reduce(0) { $0 + model.bitsPerByte($1) * Double($1.count) }
        #expect(loss.bytes == texts.reduce(0) { $0 + $1.count })
        #expect(abs(LanguageMeasures.bits(loss.nats) - bits) < 1e-3 * bits)
        #expect(TextLoss(of: [], parameters: parameters, network: TransformerNetwork(configuration: configuration)).mean == 0)
    }
}
