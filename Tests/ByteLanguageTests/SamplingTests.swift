import Learning
import Testing

import ByteLanguage

/// Says what a closure says, from what was read.
private struct Scripted: ByteModel {
    var contextBytes = 64
    let parameterCount = 0
    let memoryBytes = 0
    let says: @Sendable ([UInt8]) -> [Float]
    func reader() -> any ByteReader { Reader(says: says) }

    struct Reader: ByteReader {
        let says: @Sendable ([UInt8]) -> [Float]
        var read: [UInt8] = []
        mutating func read(_ bytes: ArraySlice<UInt8>) -> [Float] {
            read += bytes
            return says(read)
        }
    }

    /// Goes on with a text, whatever was asked; then the boundary.
    static func saying(_ text: [UInt8], prompt: Int) -> Scripted {
        Scripted { read in
            var logits = [Float](repeating: 0, count: Symbol.count)
            logits[read.count - prompt < text.count ? Int(text[read.count - prompt]) : Symbol.boundary] = 10
            return logits
        }
    }
}

private func run(_ generation: TextGeneration) -> (pieces: [[UInt8]], text: String?, finish: TextGeneration.Finish?, sampled: Int) {
    var generation = generation
    var pieces: [[UInt8]] = []
    while generation.finish == nil { pieces.append(generation.step()) }
    return (pieces, String(validating: pieces.flatMap { $0 }, as: UTF8.self), generation.finish, generation.sampledBytes)
}

@Suite struct SamplingTests {
    private func logits(_ some: [Int: Float]) -> [Float] { (0..<Symbol.count).map { some[$0] ?? -.infinity } }

    @Test func greedyTakesTheFirstOfTheLargest() {
        var sampler = Sampler(SamplingOptions(maxBytes: 1, temperature: 0))
        #expect(sampler.choose(logits([5: 1, 9: 2, 7: 2]), { _ in true }) == 7)
        #expect(sampler.choose(logits([5: 1, 9: 2, 7: 2]), { $0 != 7 }) == 9)
        var nothing = Sampler(SamplingOptions(maxBytes: 1))
        #expect(nothing.choose([Float](repeating: .nan, count: Symbol.count), { $0 >= 3 }) >= 3)
        #expect(nothing.choose([Float](repeating: -.infinity, count: Symbol.count), { $0 >= 3 }) >= 3)
    }

    /// How often each is drawn is its share of the softmax at that temperature: within four deviations.
    @Test func drawsFollowTheSoftmax() {
        for temperature in [0.5, 1, 2] {
            var sampler = Sampler(SamplingOptions(maxBytes: 1, temperature: temperature, seed: 3))
            var counts = [0, 0, 0]
            let drawn = 20_000
            for _ in 0..<drawn { counts[sampler.choose(logits([0: 0, 1: 1, 2: 2]), { _ in true })] += 1 }
            // e^(1/t) by squaring what is known: e^0.5, e, e².
            let e = temperature == 0.5 ? 7.389_056 : temperature == 1 ? 2.718_282 : 1.648_721
            let sum = 1 + e + e * e
            for (k, p) in [1 / sum, e / sum, e * e / sum].enumerated() {
                let deviation = (p * (1 - p) * Double(drawn)).squareRoot()
                #expect(abs(Double(counts[k]) - p * Double(drawn)) < 4 * deviation)
            }
        }
    }

    @Test func theNucleusIsTheFewestWithTheShare() {
        func drawn(_ topP: Double) -> Set<Int> {
            var sampler = Sampler(SamplingOptions(maxBytes: 1, topP: topP, seed: 1))
            // Shares 0.665, 0.245, 0.090.
            return Set((0..<2000).map { _ in sampler.choose(logits([1: 2, 2: 1, 3: 0]), { _ in true }) })
        }
        #expect(drawn(0.6) == [1] && drawn(0.7) == [1, 2] && drawn(0.9) == [1, 2] && drawn(0.92) == [1, 2, 3] && drawn(1) == [1, 2, 3])
    }

    @Test func penaltiesAreTheFormulas() {
        var sampler = Sampler(SamplingOptions(maxBytes: 1, temperature: 0, frequencyPenalty: 0.5, presencePenalty: 0.25))
        let given = logits([1: 3, 2: 1])
        for _ in 0..<3 { #expect(sampler.choose(given, { _ in true }) == 1) }
        let scores = sampler.penalised(given)
        #expect(scores[1] == 3 - 3 * 0.5 - 0.25 && scores[2] == 1)
        // 1.25 is still more than 1; after one more it is not.
        #expect(sampler.choose(given, { _ in true }) == 1)
        #expect(sampler.choose(given, { _ in true }) == 2)
    }

    @Test func theSameSeedGivesTheSameText() throws {
        let model = try NGramModel(training: Array("a rose is a rose is a rose, said she. ".utf8))
        func text(_ seed: UInt64) throws -> [UInt8] {
            run(try TextGeneration(model, prompt: Array("a r".utf8), SamplingOptions(maxBytes: 80, temperature: 1.5, seed: seed))).pieces.flatMap { $0 }
        }
        #expect(try text(1) == text(1))
        #expect(try text(1) != text(2))
    }

    /// Every character in bytes, and the beginning of one at the end: what is given out is whole at every moment.
    @Test func whatIsGivenOutIsWholeAtEveryMoment() throws {
        let text = Array("aé€👍z".utf8)
        for limit in 1...text.count {
            let result = run(try TextGeneration(.saying(text, prompt: 2), prompt: [65, 66], SamplingOptions(maxBytes: limit, temperature: 0)))
            #expect(result.finish == .length && result.sampled == limit)
            for piece in result.pieces { #expect(String(validating: piece, as: UTF8.self) != nil) }
            #expect(text.starts(with: result.pieces.flatMap { $0 }))
            #expect(limit - result.pieces.flatMap { $0 }.count < 4)
        }
        let ended = run(try TextGeneration(.saying(text, prompt: 2), prompt: [65, 66], SamplingOptions(maxBytes: 40, temperature: 0)))
        #expect(ended.finish == .stop && ended.text == "aé€👍z" && ended.sampled == text.count)
    }

    /// A model of noise: every byte is as likely as every other.
    @Test func noiseBecomesValidText() throws {
        for seed in 0..<200 {
            let noise = Scripted { _ in [Float](repeating: 0, count: 256) + [-.infinity] }
            let result = run(try TextGeneration(noise, prompt: [], SamplingOptions(maxBytes: 60, seed: UInt64(seed))))
            #expect(result.text != nil && result.finish == .length)
        }
    }

    @Test func bytesAreAllowedAsTheUnicodeTableHasThem() {
        func isValid(_ bytes: [UInt8]) -> Bool {
            var course = UTF8Course()
            for byte in bytes {
                guard course.allows(byte) else { return false }
                course.take(byte)
            }
            return course.isWhole
        }
        for a in UInt8.min...UInt8.max {
            #expect(isValid([a]) == (String(validating: [a], as: UTF8.self) != nil))
            for b in UInt8.min...UInt8.max {
                #expect(isValid([a, b]) == (String(validating: [a, b], as: UTF8.self) != nil))
                for c in [0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0] as [UInt8] where a >= 0xE0 {
                    #expect(isValid([a, b, c]) == (String(validating: [a, b, c], as: UTF8.self) != nil))
                    #expect(isValid([a, b, c, 0x80]) == (String(validating: [a, b, c, 0x80], as: UTF8.self) != nil))
                }
            }
        }
    }

    @Test func aStopSequenceEndsTheTextBeforeItself() throws {
        func said(_ text: String, _ stop: [String], limit: Int = 50) throws -> (pieces: [[UInt8]], text: String?, finish: TextGeneration.Finish?, sampled: Int)
        {
            run(
                try TextGeneration(
                    .saying(Array(text.utf8), prompt: 1), prompt: [65], SamplingOptions(maxBytes: limit, temperature: 0, stop: stop.map { Array($0.utf8) })))
        }
        let plain = try said("one two END three", ["END"])
        #expect(plain.text == "one two " && plain.finish == .stop && plain.sampled == 11)
        // What only looked like the beginning of one comes later, whole.
        let almost = try said("ab EN ab ENE END", ["END"])
        #expect(almost.text == "ab EN ab ENE ")
        #expect(try said("aaab", ["aab"]).text == "a")
        #expect(try said("x\n\ny", ["\n\n", "y"]).text == "x")
        // At the length's end what was held back is given out.
        let cut = try said("abc END", ["END"], limit: 6)
        #expect(cut.text == "abc EN" && cut.finish == .length)
        #expect(try said("nothing", ["zzz"]).text == "nothing")
    }

    @Test func whatCannotBeIsNamed() throws {
        let model = Scripted.saying([], prompt: 0)
        func problem(_ options: SamplingOptions, _ prompt: Int = 4) -> String? {
            do { _ = try TextGeneration(model, prompt: [UInt8](repeating: 65, count: prompt), options) } catch {
                if case .setting(let name, _) = error { return name }
            }
            return nil
        }
        #expect(problem(SamplingOptions(maxBytes: 60)) == nil && problem(SamplingOptions(maxBytes: 61)) == "max_tokens")
        #expect(problem(SamplingOptions(maxBytes: 0)) == "max_tokens" && problem(SamplingOptions(maxBytes: 1), 64) == "prompt")
        #expect(
            problem(SamplingOptions(maxBytes: 1, temperature: 2.1)) == "temperature"
                && problem(SamplingOptions(maxBytes: 1, temperature: .nan)) == "temperature")
        #expect(problem(SamplingOptions(maxBytes: 1, topP: 0)) == "top_p" && problem(SamplingOptions(maxBytes: 1, frequencyPenalty: -3)) == "frequency_penalty")
        #expect(problem(SamplingOptions(maxBytes: 1, presencePenalty: 3)) == "presence_penalty" && problem(SamplingOptions(maxBytes: 1, stop: [[]])) == "stop")
        #expect(problem(SamplingOptions(maxBytes: Int.max)) == "max_tokens")
    }
}

extension ByteModel where Self == Scripted {
    fileprivate static func saying(_ text: [UInt8], prompt: Int) -> Scripted { Scripted.saying(text, prompt: prompt) }
}
