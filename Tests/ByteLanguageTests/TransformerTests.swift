import KernelTable
import Learning
import StrictJSON
import TensorKernels
import Testing

import ByteLanguage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct TransformerTests {
    private static let configuration = TransformerShape(layers: 2, width: 8, heads: 2, hidden: 16, context: 24)

    /// Rotary positions and embeddings of sequences.
    private static let turned = TransformerShape(
        layers: 2, width: 8, heads: 2, hidden: 16, context: 24, positions: .rotary, longestGram: 4, gramRows: 64)
    private static let names = ["tiny", "turned"]

    private func tiny(_ name: String = "tiny") throws -> (model: ByteTransformer, said: JSON) {
        (try ByteTransformer(decoding: try golden("\(name).safetensors")), try JSON(parsing: try golden("\(name).json")))
    }

    private func numbers(_ json: JSON?) -> [Int] { json?.elements?.compactMap { $0.whole.map { Int($0) } } ?? [] }

    @Test(arguments: zip(names, [configuration, turned])) func theFileOfAnotherHandIsRead(name: String, configuration: TransformerShape) throws {
        let model = try tiny(name).model
        #expect(model.configuration == configuration && model.parameterCount == configuration.parameterCount)
        #expect(configuration.parameterLayout.reduce(0) { $0 + $1.count } == configuration.parameterCount)
        #expect(try ByteTransformer(decoding: model.encode()) == model)
    }

    /// NumPy's in Float64: 1e-5 of the loss, 2e-4 of the largest gradient of a tensor (its own error by differences is below 1e-8).
    @Test(arguments: Kernels.available, names) func lossAndGradientsAreNumPys(level: KernelLevel, name: String) throws {
        let (model, said) = try tiny(name)
        let windows = (said["windows"]?.elements ?? []).map { numbers($0).map { Int32($0) } }
        let length = try #require(windows.first).count - 1
        guard let kernels = Kernels.table(level) else {
            Issue.record("there is no table of a level that is available")
            return
        }
        let network = TransformerNetwork(configuration: model.configuration, kernels: kernels)
        var gradient = [Float](repeating: .nan, count: model.parameterCount)
        let total = network.gradient(model.parameters, windows: windows.flatMap { $0 }, length: length, into: &gradient)
        let expected = try #require(said["loss"]?.double)
        #expect(abs(total / Double(windows.count * length) - expected) < 1e-5 * expected)
        var checked = 0
        var start = 0
        for shape in model.configuration.parameterLayout {
            let pairs = said["gradients"]?[shape.name]?.elements ?? []
            let largest = pairs.compactMap { $0.elements?[1].double.map { abs($0) } }.max() ?? 0
            for pair in pairs {
                let (place, value) = (Int(try #require(pair.elements?[0].whole)), try #require(pair.elements?[1].double))
                #expect(abs(Double(gradient[start + place]) - value) <= 2e-4 * max(largest, 1e-3), "\(shape.name)[\(place)]")
                checked += 1
            }
            start += shape.count
        }
        #expect(checked > 150)
    }

    @Test(arguments: names) func greedyOutputIsNumPys(name: String) throws {
        let (model, said) = try tiny(name)
        let prompt = numbers(said["prompt"]).map { UInt8($0) }
        var reader = model.reader()
        let logits = reader.read(prompt[...])
        for (own, theirs) in zip(logits, (said["logits"]?.elements ?? []).compactMap(\.double)) { #expect(abs(Double(own) - theirs) < 1e-4) }
        var generation = try TextGeneration(model, prompt: prompt, SamplingOptions(maxBytes: 13, temperature: 0))
        var text: [UInt8] = []
        while generation.finish == nil { text += generation.step() }
        #expect(text == numbers(said["greedy"]).map { UInt8($0) })
    }

    /// Byte for byte, all at once, and in parts: what was kept is what would be computed again. Rounding differs with the sizes of products.
    @Test(arguments: [1, 2, 3, 7, 20], [TransformerShape.Positions.learned, .rotary])
    func whatIsKeptIsWhatWouldBeComputedAgain(part: Int, positions: TransformerShape.Positions) throws {
        let configuration = TransformerShape(
            layers: 2, width: 24, heads: 3, hidden: 40, context: 32, positions: positions, longestGram: positions == .rotary ? 3 : 1,
            gramRows: positions == .rotary ? 128 : 0)
        let model = ByteTransformer(configuration: configuration, parameters: configuration.initialParameters(seed: 4).map { $0 * 8 })
        let text = Array("The bridge was closed, because".utf8)
        var reader = model.reader()
        for start in stride(from: 0, to: text.count, by: part) {
            let end = min(start + part, text.count)
            let kept = reader.read(text[start..<end])
            var fresh = model.reader()
            let again = fresh.read(text[..<end])
            let largest = again.map { abs($0) }.max() ?? 0
            for (a, b) in zip(kept, again) { #expect(abs(a - b) <= 1e-4 * largest) }
        }
    }

    /// A window of several strips of attention: what the reader computes, a byte at a time, is what the network computes.
    @Test(arguments: [TransformerShape.Positions.learned, .rotary])
    func longWindowsAreWhatIsReadByteForByte(positions: TransformerShape.Positions) throws {
        let configuration = TransformerShape(
            layers: 2, width: 16, heads: 2, hidden: 32, context: 150, positions: positions, longestGram: 4, gramRows: 64)
        let model = ByteTransformer(configuration: configuration, parameters: configuration.initialParameters(seed: 5).map { $0 * 8 })
        let text = Array(try documents(["jobs.md"]).prefix(150))
        func bits(_ text: ArraySlice<UInt8>, last count: Int) -> Double {
            var (reader, bits, next) = (model.reader(), 0.0, text.startIndex)
            for i in text.indices {
                let logits = reader.read(text[next..<i]).map { Double($0) }
                next = i
                let top = logits.max() ?? 0
                if i >= text.endIndex - count { bits += top + log(logits.reduce(0) { $0 + exp($1 - top) }) - logits[Int(text[i])] }
            }
            return bits / log(2)
        }
        #expect(abs(model.bitsPerByte(text) - bits(text[...], last: 150) / 150) < 1e-4)
        // The windows 0..<150, 50..<200 and 80..<230: of the second the last 50 bytes count, of the third the last 30.
        let longer = Array(try documents(["jobs.md"]).prefix(230))
        let whole = bits(longer[..<150], last: 150) + bits(longer[50..<200], last: 50) + bits(longer[80...], last: 30)
        #expect(abs(model.bitsPerByte(longer, stride: 50) - whole / 230) < 1e-4)
    }

    /// The gradient along a direction is what the loss changes by, over several strips and two windows.
    @Test func theGradientOfLongWindowsIsTheSlopeOfTheLoss() throws {
        let configuration = TransformerShape(
            layers: 2, width: 16, heads: 2, hidden: 32, context: 140, positions: .rotary, longestGram: 3, gramRows: 64)
        var generator = SeededGenerator(seed: 12)
        let parameters = configuration.initialParameters(seed: 6).map { $0 * 4 }
        let text = try documents(["jobs.md"])
        let windows = [0, 500].flatMap { [Int32(Symbol.boundary)] + text[$0..<($0 + 140)].map { Int32($0) } }
        let network = TransformerNetwork(configuration: configuration)
        var gradient = parameters
        _ = network.gradient(parameters, windows: windows, length: 140, into: &gradient)
        var start = 0
        for shape in configuration.parameterLayout {
            let part = start..<(start + shape.count)
            start += shape.count
            // Mostly along the gradient: across it there is nothing to be seen.
            let length = gradient[part].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let direction = part.map { Double(gradient[$0]) / max(length, 1e-9) + 0.3 * generator.normal() / Double(shape.count).squareRoot() }
            let said = zip(part, direction).reduce(0) { $0 + Double(gradient[$1.0]) * $1.1 }
            func loss(_ step: Double) -> Double {
                var moved = parameters
                for (i, d) in zip(part, direction) { moved[i] += Float(step * d) }
                return network.loss(moved, windows: windows, length: 140) / 280
            }
            let seen = (loss(0.001) - loss(-0.001)) / 0.002
            #expect(abs(seen - said) <= 0.03 * abs(said) + 2e-3, "\(shape.name): \(seen) \(said)")
        }
    }

    @Test func trainingLearnsAndIsReproducible() throws {
        let configuration = TransformerShape(layers: 1, width: 16, heads: 2, hidden: 32, context: 16)
        let text = Array(repeating: Array("abcabdabe. ".utf8), count: 40).flatMap { $0 }
        func trained(seed: UInt64) throws -> (parameters: [Float], losses: [Double]) {
            var parameters = configuration.initialParameters(seed: 1)
            let options = TransformerTraining(steps: 120, batch: 8, window: 16, learningRate: 1e-2, warmUpSteps: 10, seed: seed)
            let result = try TransformerTrainer(configuration: configuration).train(parameters: &parameters, texts: [text], options)
            #expect(result.symbols == 120 * 8 * 16)
            return (parameters, result.losses)
        }
        let (parameters, losses) = try trained(seed: 7)
        // ln 257 at the beginning; the text has about 0.5 bits to a byte.
        #expect(abs(losses[0] - 5.549) < 0.1 && losses[119] < 0.8, "\(losses[0]) \(losses[119])")
        #expect(try trained(seed: 7).parameters == parameters)
        #expect(try trained(seed: 8).parameters != parameters)
        #expect(ByteTransformer(configuration: configuration, parameters: parameters).bitsPerByte(Array(text.prefix(160))) < 1.5)
    }

    /// Four shards of the repository's documents, each with its own; the weighted mean of what they learned is better than what each of
    /// them knew before, on a document that none of them has.
    @Test func fourClientsLearnTogether() throws {
        let configuration = TransformerShape(layers: 1, width: 32, heads: 2, hidden: 64, context: 32)
        let shards = try [["jobs.md"], ["webhooks.md"], ["console.md"], ["doctor.md"]].map { try documents($0) }
        let held = Array(try documents(["key-vault.md"]).prefix(3000))
        var global = configuration.initialParameters(seed: 3)
        let before = ByteTransformer(configuration: configuration, parameters: global).bitsPerByte(held)
        let (rounds, steps) = (4, 12)
        let all = Double(shards.reduce(0) { $0 + $1.count })
        for round in 0..<rounds {
            var mean = [Double](repeating: 0, count: global.count)
            for (client, shard) in shards.enumerated() {
                var own = global
                let options = TransformerTraining(
                    steps: steps, batch: 8, window: 32, learningRate: 1e-2, firstStep: round * steps, scheduleSteps: rounds * steps,
                    seed: derivedSeed(9, "\(round)", "\(client)"))
                _ = try TransformerTrainer(configuration: configuration).train(parameters: &own, texts: [shard], options)
                for i in mean.indices { mean[i] += Double(own[i]) * Double(shard.count) / all }
            }
            global = mean.map { Float($0) }
        }
        let after = ByteTransformer(configuration: configuration, parameters: global).bitsPerByte(held)
        #expect(before > 7.8 && after < 5.6, "\(before) \(after)")
    }

    @Test func settingsThatCannotBeAreNamed() throws {
        func problem(_ layers: Int, _ width: Int, _ heads: Int, _ hidden: Int, _ context: Int) -> ByteLanguageError? {
            TransformerShape(layers: layers, width: width, heads: heads, hidden: hidden, context: context).problem
        }
        #expect(problem(2, 8, 2, 16, 24) == nil && problem(0, 8, 2, 16, 24) != nil && problem(2, 9, 2, 16, 24) != nil && problem(2, 8, 0, 16, 24) != nil)
        #expect(
            problem(2, 8, 2, 0, 24) != nil && problem(2, 8, 2, 16, 1) != nil && problem(32, 1024, 2, 4096, 64) != nil
                && problem(.max, .max, .max, .max, .max) != nil)
        var turned = Self.turned
        #expect(turned.problem == nil)
        turned.gramRows = 48
        #expect(turned.problem != nil)
        (turned.longestGram, turned.gramRows) = (1, 64)
        #expect(turned.problem != nil)
        (turned.longestGram, turned.gramRows) = (7, 64)
        #expect(turned.problem != nil)
        turned = TransformerShape(layers: 1, width: 9, heads: 3, hidden: 16, context: 24, positions: .rotary)
        #expect(turned.problem != nil)
        var parameters = Self.configuration.initialParameters(seed: 1)
        let trainer = TransformerTrainer(configuration: Self.configuration)
        for options in [
            TransformerTraining(steps: 1, batch: 0, window: 8, seed: 1), TransformerTraining(steps: 1, batch: 1, window: 25, seed: 1),
            TransformerTraining(steps: 1, batch: 1, window: 8, learningRate: .nan, seed: 1),
            TransformerTraining(steps: 1, batch: 1, window: 8, clipNorm: -1, seed: 1),
        ] {
            #expect(throws: ByteLanguageError.self) { try trainer.train(parameters: &parameters, texts: [Array("enough of a text".utf8)], options) }
        }
        #expect(throws: ByteLanguageError.self) {
            try trainer.train(parameters: &parameters, texts: [[65]], TransformerTraining(steps: 1, batch: 1, window: 8, seed: 1))
        }
    }

    @Test func filesThatAreNoModelAreRefused() throws {
        let file = try golden("tiny.safetensors")
        for length in stride(from: 0, to: file.count, by: 97) {
            #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: Array(file[..<length])) }
        }
        let text = String(decoding: file.prefix(2000), as: UTF8.self)
        #expect(text.contains("tutti_byte_language"))
        func changed(_ from: String, _ to: String) -> [UInt8] {
            let (old, new) = (Array(from.utf8), Array(to.utf8))
            precondition(old.count == new.count)
            var bytes = file
            for start in 0..<3000 where bytes[start..<(start + old.count)].elementsEqual(old) { bytes.replaceSubrange(start..<(start + old.count), with: new) }
            return bytes
        }
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: changed(#"\"layers\": 2"#, #"\"layers\": 3"#)) }
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: changed(#"\"heads\": 2"#, #"\"heads\": 0"#)) }
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: changed(#"\"context\": 24"#, #"\"context\": 99"#)) }
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: changed("byte_transformer", "byte_transfarmer")) }
        let second = try golden("turned.safetensors")
        func altered(_ from: String, _ to: String) -> [UInt8] {
            let (old, new) = (Array(from.utf8), Array(to.utf8))
            precondition(old.count == new.count)
            var bytes = second
            for start in 0..<3000 where bytes[start..<(start + old.count)].elementsEqual(old) { bytes.replaceSubrange(start..<(start + old.count), with: new) }
            return bytes
        }
        for (from, to) in [
            (#"\"rotary\""#, #"\"rotory\""#), (#"\"gram_rows\": 64"#, #"\"gram_rows\": 63"#), (#"\"longest_gram\": 4"#, #"\"longest_gram\": 5"#),
            (#"\"format\": 2"#, #"\"format\": 1"#), (#"\"format\": 2"#, #"\"format\": 3"#),
        ] {
            #expect(altered(from, to) != second)
            #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: altered(from, to)) }
        }
        var infinite = file
        infinite.replaceSubrange((file.count - 4)..<file.count, with: [0, 0, 0x80, 0x7F])
        #expect(throws: ByteLanguageError.self) { try ByteTransformer(decoding: infinite) }
    }
}
