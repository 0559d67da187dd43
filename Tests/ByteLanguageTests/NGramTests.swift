import Learning
import Testing

import ByteLanguage

@Suite struct NGramTests {
    private static let text = Array("the cat sat on the mat, and the dog sat on the log. ".utf8)

    @Test func everyDistributionSumsToOneAndLeavesNothingOut() throws {
        let model = try NGramModel(training: Self.text + Self.text.reversed())
        var history = NGramModel.beginning
        for byte in Self.text + Array("the zebra".utf8) {
            let p = model.distribution(after: history)
            #expect(abs(p.reduce(0, +) - 1) < 1e-12)
            #expect(p.allSatisfy { $0 > 0 })
            #expect(abs(model.probability(of: byte, after: history) - p[Int(byte)]) < 1e-15)
            history = history << 8 | UInt32(byte)
        }
    }

    /// The same by dictionaries and the formulas of the paper.
    @Test func itIsKneserNeyAsWritten() throws {
        let model = try NGramModel(training: Self.text)
        let padded = [UInt8](repeating: 10, count: 4) + Self.text
        var grams = (4..<padded.count).map { Array(padded[($0 - 4)...$0]) }
        var levels: [[[UInt8]: Int]] = []
        for _ in 0..<5 {
            let counted = Dictionary(grams.map { ($0, 1) }, uniquingKeysWith: +)
            levels.insert(counted, at: 0)
            grams = counted.keys.map { Array($0.dropFirst()) }
        }
        func probability(_ symbol: UInt8, _ context: ArraySlice<UInt8>) -> Double {
            let counted = levels[context.count]
            let lower = context.isEmpty ? 1.0 / 256 : probability(symbol, context.dropFirst())
            let following = counted.filter { $0.key.dropLast().elementsEqual(context) }
            guard !following.isEmpty else { return lower }
            let n = (1...4).map { k in Double(counted.values.count { $0 == k }) }
            let y = n[0] > 0 && n[1] > 0 ? n[0] / (n[0] + 2 * n[1]) : 0
            func discount(_ count: Int) -> Double {
                let k = min(count, 3)
                guard y > 0, n[k - 1] > 0, n[k] > 0 else { return 0.5 }
                return min(max(Double(k) - Double(k + 1) * y * n[k] / n[k - 1], 0.05), Double(k) - 0.05)
            }
            let total = Double(following.values.reduce(0, +))
            let share = following.values.reduce(0) { $0 + discount($1) } / total
            let own = following[Array(context) + [symbol]].map { (Double($0) - discount($0)) / total } ?? 0
            return own + share * lower
        }
        for history in ["the ", " sat", "xyzt", "on t"] {
            let number = history.utf8.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            for symbol in Array("cml qe ".utf8) {
                #expect(abs(model.probability(of: symbol, after: number) - probability(symbol, Array(history.utf8)[...])) < 1e-12)
            }
        }
    }

    /// On documents that were held out, with counts of others: below what DEFLATE makes of a text of this kind (about 3.2 bits).
    @Test func itSaysMoreOfATextThanItsLetters() throws {
        let model = try NGramModel(training: try documents(["api.md", "reliability.md", "tutorial.md", "explanation/robustness.md", "telemetry.md"]))
        let held = try documents(["jobs.md"])
        var single = [Double](repeating: 0, count: 256)
        for byte in held { single[Int(byte)] += 1 }
        let entropy = single.reduce(0) { $1 == 0 ? $0 : $0 - $1 / Double(held.count) * _log2($1 / Double(held.count)) }
        let bits = model.bitsPerByte(held)
        #expect(bits < 3.2 && bits < 0.75 * entropy && bits > 1, "\(bits) of \(entropy)")
        #expect(model.bitsPerByte([]) == 0)
    }

    @Test func filesComeBackAndDamagedOnesAreRefused() throws {
        let model = try NGramModel(training: Self.text)
        let file = model.encoded()
        let back = try NGramModel(decoding: file)
        #expect(back == model && back.encoded() == file && back.bitsPerByte(Self.text) == model.bitsPerByte(Self.text))
        for length in 0..<file.count { #expect(throws: ByteLanguageError.self) { try NGramModel(decoding: Array(file[..<length])) } }
        #expect(throws: ByteLanguageError.self) { try NGramModel(decoding: file + [0]) }
        // Whatever is written over it: refused, or a model whose distributions still sum to 1.
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            var wrong = file
            for _ in 0...generator.below(3) { wrong[generator.below(wrong.count)] = UInt8(generator.below(256)) }
            guard let read = try? NGramModel(decoding: wrong) else { continue }
            #expect(abs(read.distribution(after: 0x7468_6520).reduce(0, +) - 1) < 1e-9)
        }
        #expect(throws: ByteLanguageError.self) { try NGramModel(training: []) }
        #expect(try NGramModel(training: [7]).distribution(after: NGramModel.beginning).reduce(0, +).rounded() == 1)
    }
}

private func _log2(_ x: Double) -> Double {
    // By halves and doubles, then by the series of ln: no library is needed for a test's figure.
    var (value, whole) = (x, 0.0)
    while value < 0.75 { (value, whole) = (value * 2, whole - 1) }
    let z = (value - 1) / (value + 1)
    var (term, sum) = (z, 0.0)
    for k in stride(from: 1.0, to: 60, by: 2) { (sum, term) = (sum + term / k, term * z * z) }
    return whole + 2 * sum / 0.693_147_180_559_945_3
}
