/// What is wrong with a text that should be JSON, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package var line: Int
    package var column: Int
    package var problem: String
    package var description: String { "not valid JSON at line \(line), column \(column): \(problem)" }
}

extension JSON {
    /// A strict parser for text from outside: bounded depth, no duplicate names, valid UTF-8, nothing after the value,
    /// no number that is not finite.
    package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        var parser = Parser(bytes: bytes, maximumDepth: maximumDepth)
        self = try parser.document()
    }

    package init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
        self = try JSON(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }
}

private struct Parser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var at = 0
    private static let fewMembers = 16
    /// So many need no more room than was made at first.
    private static let usualMembers = 4
    /// Any number of so many characters is within Int64.
    private static let digitsThatFit = 18

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw error("there is something after the value") }
        return value
    }

    private func error(_ problem: String) -> JSONError {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(at) {
            if byte == 0x0A { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        return JSONError(line: line, column: column, problem: problem)
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let c = current, c == 0x20 || c == 0x0A || c == 0x0D || c == 0x09 { at += 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
        case nil: throw error("the text ends where a value should be")
        default: throw error("a value cannot begin here")
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[at...].starts(with: word.utf8) else { throw error("a value cannot begin here") }
        at += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var members: [JSON.Member] = []
        members.reserveCapacity(Self.usualMembers)
        // Filled only for objects with so many members that looking through them would be slow.
        var names = Set<String>()
        skipSpace()
        if current == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("a member name in double quotes should be here") }
            let start = at
            let name = try string()
            if members.count == Self.fewMembers { for member in members { names.insert(member.name) } }
            let isNew = members.count < Self.fewMembers ? !members.contains { $0.name == name } : names.insert(name).inserted
            guard isNew else {
                at = start
                throw error("the name \"\(name.clipped(40))\" occurs twice")
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("a colon should be here") }
            at += 1
            skipSpace()
            members.append(JSON.Member(name, try value(depth: depth + 1)))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "}"):
                at += 1
                return .object(members)
            default: throw error("a comma or } should be here")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var elements: [JSON] = []
        elements.reserveCapacity(2)
        skipSpace()
        if current == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "]"):
                at += 1
                return .array(elements)
            default: throw error("a comma or ] should be here")
            }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        // Nearly every string is plain ASCII: it is taken as it stands.
        while let c = current, c >= 0x20, c < 0x80, c != UInt8(ascii: "\""), c != UInt8(ascii: "\\") { at += 1 }
        if current == UInt8(ascii: "\"") {
            let range = start..<at
            at += 1
            return bytes.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
        }
        var out = Array(bytes[start..<at])
        while true {
            guard let c = current else { throw error("the text ends inside a string") }
            switch c {
            case UInt8(ascii: "\""):
                at += 1
                guard let text = String(validating: out, as: UTF8.self) else { throw error("the string is not valid UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                at += 1
                try escape(into: &out)
            case 0..<0x20: throw error("a control character must be escaped")
            default:
                out.append(c)
                at += 1
            }
        }
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
        guard let c = current else { throw error("the text ends inside a string") }
        at += 1
        switch c {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(c)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard current == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u") else {
                    throw error("half of a surrogate pair is missing")
                }
                at += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair is missing") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("this is not a Unicode character") }
            out += String(Character(scalar)).utf8
        default: throw error("this character cannot be escaped")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard at + 4 <= bytes.count else { throw error("four hexadecimal digits should be here") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let c = bytes[at]
            switch c {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(c - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(c - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(c - UInt8(ascii: "A") + 10)
            default: throw error("four hexadecimal digits should be here")
            }
            at += 1
        }
        return code
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = at
        func isDigit(_ c: UInt8?) -> Bool { c.map { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ?? false }
        if current == UInt8(ascii: "-") { at += 1 }
        guard isDigit(current) else { throw error("a digit should be here") }
        if current == UInt8(ascii: "0") {
            at += 1
            if isDigit(current) { throw error("a number must not begin with 0") }
        } else {
            while isDigit(current) { at += 1 }
        }
        var isWhole = true
        if current == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            guard isDigit(current) else { throw error("a digit should follow the point") }
            while isDigit(current) { at += 1 }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            guard isDigit(current) else { throw error("a digit should follow the exponent") }
            while isDigit(current) { at += 1 }
        }
        if isWhole, at - start <= Self.digitsThatFit {
            var value: Int64 = 0
            let isNegative = bytes[start] == UInt8(ascii: "-")
            for digit in bytes[(isNegative ? start + 1 : start)..<at] { value = 10 * value + Int64(digit - UInt8(ascii: "0")) }
            return .integer(isNegative ? -value : value)
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else {
            at = start
            throw error("the number is too large")
        }
        return .number(double)
    }
}
