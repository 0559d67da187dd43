import Foundation
import StrictJSON
import Testing

@Suite struct JSONFuzzTests {
    /// Numerical Recipes' generator: the same texts on every run.
    private struct Random {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private func value(_ random: inout Random, depth: Int) -> JSON {
        switch random.next(depth > 4 ? 5 : 7) {
        case 0: return .null
        case 1: return .bool(random.next(2) == 0)
        case 2: return .integer(Int64(bitPattern: random.state) >> Int64(random.next(63)))
        case 3:
            let double = Double(bitPattern: random.state &* 0x9E37_79B9_7F4A_7C15)
            return double.isFinite ? .number(double) : .number(0.5)
        case 4: return .string(text(&random))
        case 5: return .array((0..<random.next(5)).map { _ in value(&random, depth: depth + 1) })
        default:
            return .object((0..<random.next(5)).map { JSON.Member("\($0)" + text(&random), value(&random, depth: depth + 1)) })
        }
    }

    private func text(_ random: inout Random) -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "/", "\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "\u{2028}", "𝄞", "\u{FFFF}", "\u{10FFFF}"]
        var text = ""
        for _ in 0..<random.next(6) { text.unicodeScalars.append(scalars[random.next(scalars.count)]) }
        return text
    }

    @Test func everyValueSurvivesItsText() throws {
        var random = Random(state: 11)
        for _ in 0..<5000 {
            let value = value(&random, depth: 0)
            let text = value.encoded()
            #expect(try JSON(parsing: text).encoded() == text)
            if case .number = value { continue }
            #expect(try JSON(parsing: text).kind == value.kind)
        }
    }

    @Test func doublesComeBackBitForBit() throws {
        var random = Random(state: 5)
        for _ in 0..<20_000 {
            _ = random.next(2)
            let double = Double(bitPattern: random.state &* 0x9E37_79B9_7F4A_7C15)
            guard double.isFinite else { continue }
            #expect(try JSON(parsing: JSON.number(double).encoded()).double?.bitPattern == double.bitPattern)
        }
    }

    /// What damaged texts we take, Foundation's parser takes too, and with the same meaning.
    @Test func nothingIsTakenThatIsNoJSON() throws {
        var random = Random(state: 3)
        let alphabet = Array("{}[]:,\"\\0123456789.eE+-truefalsn u\n\t".utf8) + [0, 0x1F, 0x7F, 0xC3, 0xA9, 0xED, 0xA0, 0x80, 0xFF]
        var taken = 0
        for _ in 0..<30_000 {
            var bytes = value(&random, depth: 2).encoded()
            for _ in 0..<(1 + random.next(3)) {
                let at = random.next(bytes.count + 1)
                switch random.next(3) {
                case 0: bytes.insert(alphabet[random.next(alphabet.count)], at: at)
                case 1 where at < bytes.count: bytes[at] = alphabet[random.next(alphabet.count)]
                case 2 where at < bytes.count: bytes.remove(at: at)
                default: break
                }
            }
            guard let parsed = try? JSON(parsing: bytes) else { continue }
            taken += 1
            #expect(try JSON(parsing: parsed.encoded()) == parsed)
            #expect(throws: Never.self, "\(String(decoding: bytes, as: UTF8.self))") {
                try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            }
        }
        #expect(taken > 1000)
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String { String(repeating: open, count: depth) + String(repeating: close, count: depth) }
        #expect(throws: Never.self) { try JSON(parsing: nested(64, "[", "]")) }
        #expect(throws: JSONError.self) { try JSON(parsing: nested(65, "[", "]")) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1 << 20)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 1 << 18)) }
        #expect(throws: Never.self) { try JSON(parsing: "[[1]]", maximumDepth: 3) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[[1]]", maximumDepth: 2) }
    }

    @Test func aNameOccursOnceHoweverItIsWritten() {
        for text in [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":1}"#, #"{"a":{"b":1,"c":2,"b":3}}"#, #"{"":1,"":2}"#] {
            #expect(throws: JSONError.self, "\(text)") { try JSON(parsing: text) }
        }
        #expect(throws: Never.self) { try JSON(parsing: #"{"a":{"a":1},"A":1}"#) }
    }

    @Test func numbersKeepWhatTheySay() throws {
        let whole: [(String, Int64?)] = [
            ("0", 0), ("-0", 0), ("10", 10), ("10.0", 10), ("1e1", 10), ("100e-1", 10), ("1.5", nil), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1e19", nil), ("1e-320", nil),
        ]
        for (text, value) in whole { #expect(try JSON(parsing: text).whole == value, "\(text)") }
        for bad in ["1e400", "-1e400", "0x10", "1_000", "--1", "-", "1e", "1e+", "1.e1", "00", "-01", "1 2", "Infinity", "-NaN"] {
            #expect(throws: JSONError.self, "\(bad)") { try JSON(parsing: bad) }
        }
        #expect(try JSON(parsing: String(repeating: "9", count: 300)).double ?? 0 > 1e299)
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "9", count: 100_000)) }
    }
}
