internal import StrictJSON

/// A text as lines of words; spaces and tabs lie between words, and nothing is kept of them.
struct TextLines {
    /// The number of the line that was read last, from 1.
    private(set) var number = 0
    private let bytes: [UInt8]
    private var at = 0
    private static let newline = UInt8(ascii: "\n")

    init(_ bytes: [UInt8]) throws(AnnealingError) {
        guard bytes.count <= Limits.textBytesMax else {
            throw .text(problem: "the text has \(bytes.count) bytes; at most \(Limits.textBytesMax) are possible")
        }
        self.bytes = bytes
    }

    /// The words of the next line that has any; nil at the end.
    mutating func next() -> [ArraySlice<UInt8>]? {
        while at < bytes.count {
            number += 1
            let end = bytes[at...].firstIndex(of: Self.newline) ?? bytes.count
            let line = bytes[at..<end]
            at = min(end + 1, bytes.count)
            if end == bytes.count { at = bytes.count }
            let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if !words.isEmpty { return words }
        }
        return nil
    }

    func error(_ problem: String) -> AnnealingError { .line(number, problem: problem) }

    /// A whole number from 0, of at most nine digits.
    func count(_ word: ArraySlice<UInt8>, _ name: String) throws(AnnealingError) -> Int {
        guard (1...9).contains(word.count), word.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw error("\(name) is \(quoted(word)); it is a whole number from 0 to 999999999")
        }
        return word.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// A decimal number that is finite and not too large.
    func weight(_ word: ArraySlice<UInt8>, _ name: String) throws(AnnealingError) -> Double {
        let text = String(decoding: word, as: UTF8.self)
        // Double reads more than we do: nan, inf, hexadecimal digits.
        let isDecimal = word.count <= 64 && word.allSatisfy { (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
        guard isDecimal, let value = Double(text), Limits.isWeight(value) else {
            throw error("\(name) is \(quoted(word)); it is a decimal number of at most \(Limits.weightMax), and 0 or at least \(Limits.weightMin)")
        }
        return value
    }

    func quoted(_ word: ArraySlice<UInt8>) -> String {
        let text = String(decoding: word, as: UTF8.self).unicodeScalars.filter { $0.properties.generalCategory != .control }
        return "“" + String(String.UnicodeScalarView(text)).clipped(40) + "”"
    }
}
