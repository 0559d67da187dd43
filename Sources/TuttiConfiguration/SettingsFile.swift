internal import TOMLKit

/// A file of settings as it was written: `section.key` with value and line, nothing judged yet.
struct SettingsFile {
    struct Entry {
        var value: Value
        /// From 1; nil where a line-by-line look does not find the key.
        var line: Int?
    }
    enum Value {
        case known(SettingValue)
        /// Something no setting can be, in words.
        case other(String)
    }

    let name: String
    private(set) var entries: [String: Entry] = [:]
    /// Tables within tables, by `section.key`, where its reader asks for them; elsewhere they are no settings.
    private(set) var tables: [String: SettingsTable] = [:]

    /// - Parameter open: as `section.key`: tables whose names and keys somebody else reads.
    init(_ text: String, name: String, open: [String] = []) throws(ConfigurationError) {
        self.name = name
        guard text.utf8.count <= Limits.fileBytes else {
            throw .syntax(file: name, line: 1, problem: "it is longer than \(Limits.fileBytes) bytes")
        }
        if let (line, problem) = Self.unreadable(text) { throw .syntax(file: name, line: line, problem: problem) }
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw .syntax(file: name, line: error.source.begin.line, problem: error.description)
        } catch { throw .syntax(file: name, line: 1, problem: "\(error)") }
        let lines = Self.lines(text)
        // Inner tables point into the outer one.
        withExtendedLifetime(table) {
            for (section, value) in table {
                guard let inner = value.table else {
                    entries[section] = Entry(value: Self.value(value), line: lines[section])
                    continue
                }
                for (key, value) in inner {
                    let name = "\(section).\(key)"
                    if open.contains(name), let table = value.table {
                        tables[name] = Self.table(table, name, lines, file: self.name)
                        continue
                    }
                    entries[name] = Entry(value: Self.value(value), line: lines[name])
                }
            }
        }
    }

    /// What the parser does not refuse as it should. It reads no further than a zero byte; and a table's header whose name does not begin
    /// as a name does (`[ =`), what it takes for a date with something behind it that is not quite a time (`1979-05-27 3.`, `1y79-05-27 3.`), or a
    /// brace where a value should be (`[}`) ends the process. Dates, times, exponents, tables in braces and strings of several lines are no settings: all are refused, the
    /// last so that each line can be looked at alone.
    private static func unreadable(_ text: String) -> (line: Int, problem: String)? {
        // It skips a byte order mark.
        let bytes = Array(text.utf8)
        let whole = bytes[(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)...]
        for (index, line) in whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if let problem = lineProblem(line) { return (index + 1, problem) }
        }
        return nil
    }

    private static func lineProblem(_ line: ArraySlice<UInt8>) -> String? {
        func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 }
        let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        // Of a zero byte the parser takes no notice, and others it takes for a part of a word.
        if content.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) { return "it holds a control character" }
        var rest = content.drop(while: isBlank)
        if rest.first == UInt8(ascii: "[") {
            rest = rest.dropFirst().drop(while: isBlank)
            if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop(while: isBlank) }
            // The closing bracket is refused by the parser in its own words.
            guard let first = rest.first, isNameStart(first) || first == UInt8(ascii: "]") else { return "a name must follow the bracket" }
        }
        return valueProblem(content)
    }

    /// Looks at what stands outside of quotes and comments; no string goes on in the next line, so a line is enough.
    private static func valueProblem(_ line: ArraySlice<UInt8>) -> String? {
        var quote: UInt8?
        var rest = line
        while let c = rest.first {
            if let open = quote {
                if c == UInt8(ascii: "\\"), open == UInt8(ascii: "\"") { rest = rest.dropFirst() } else if c == open { quote = nil }
            } else {
                switch c {
                case UInt8(ascii: "#"): return nil
                case UInt8(ascii: "}"): return "a table in braces is no setting"
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    if rest.prefix(3).count == 3, rest.prefix(3).allSatisfy({ $0 == c }) { return "a string of several lines is no setting" }
                    quote = c
                default:
                    let word = rest.prefix(while: isWordPart)
                    guard !word.isEmpty else { break }
                    // The parser knows blanks beyond ASCII.
                    if word.contains(where: { $0 >= 0x80 }) { return "what is not ASCII stands in quotes" }
                    rest = rest.dropFirst(word.count)
                    if !isNumber(word, before: rest.first) {
                        return "what begins with a digit stands in quotes unless it is a number; no setting is a date or a time"
                    }
                    continue
                }
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func isWordPart(_ c: UInt8) -> Bool { c > 0x20 && !"\"'#=,[]{}".utf8.contains(c) }

    /// false: it begins as a number does and goes on as none, by which the parser can be made to take it for half a date.
    private static func isNumber(_ word: ArraySlice<UInt8>, before next: UInt8?) -> Bool {
        guard let first = word.first, (0x30...0x39).contains(first) || "+-".utf8.contains(first) else { return true }
        let isOver = next.map { $0 <= 0x20 || ",]#".utf8.contains($0) } ?? true
        return isOver && word.dropFirst().allSatisfy { "._".utf8.contains($0) || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
    }

    /// A bare name, or a quoted one.
    private static func isNameStart(_ c: UInt8) -> Bool {
        (0x30...0x39).contains(c) || (0x41...0x5A).contains(c) || (0x61...0x7A).contains(c) || c == UInt8(ascii: "-") || c == UInt8(ascii: "_")
            || c == UInt8(ascii: "\"") || c == UInt8(ascii: "'")
    }

    func place(_ key: String) -> String { name + (entries[key]?.line.map { " line \($0)" } ?? "") }

    private static func table(_ table: TOMLTable, _ path: String, _ lines: [String: Int], file: String) -> SettingsTable {
        func place(_ path: String) -> String { file + (lines[path].map { " line \($0)" } ?? "") }
        var read = SettingsTable(path: path, name: path.split(separator: ".").last.map(String.init) ?? path, place: place(path))
        for (key, value) in table {
            let inner = "\(path).\(key)"
            if let table = value.table {
                var one = Self.table(table, inner, lines, file: file)
                one.name = key
                read.tables.append(one)
            } else {
                read.values.append(.init(key: key, value: Self.value(value), place: place(inner)))
            }
        }
        read.tables.sort { $0.name < $1.name }
        return read
    }

    private static func value(_ value: any TOMLValueConvertible) -> Value {
        switch value.type {
        case .string: return value.string.map { .known(.text($0)) } ?? .other("an unreadable string")
        case .int: return value.int.map { .known(.whole($0)) } ?? .other("an unreadable integer")
        case .bool: return value.bool.map { .known(.flag($0)) } ?? .other("an unreadable boolean")
        case .array:
            var texts: [String] = []
            for element in value.array ?? TOMLArray() {
                guard let text = element.string else { return .other("a list with something else than strings in it") }
                texts.append(text)
            }
            return .known(.texts(texts))
        case .double: return .other("a number with a fraction")
        case .table: return .other("a table")
        case .date, .time, .dateTime: return .other("a date or time")
        }
    }

    /// The parser tells lines only for errors of its own, so keys are looked up: the first `key =` below its `[section]`.
    private static func lines(_ text: String) -> [String: Int] {
        var found: [String: Int] = [:]
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                section = line[line.index(after: line.startIndex)..<end].filter { $0 != " " && $0 != "\"" }
                if found[section] == nil { found[section] = index + 1 }
            } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
                let key = line[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
                let name = section.isEmpty ? key : "\(section).\(key)"
                if found[name] == nil { found[name] = index + 1 }
            }
        }
        return found
    }
}

enum Limits {
    /// A file of settings; ours have a few hundred bytes.
    static let fileBytes = 1 << 20
    /// Lines of a file of prices.
    static let prices = 10_000
    static let priceNameBytes = 256
    /// Servers of others, and models of one.
    static let upstreams = 32
    static let upstreamModels = 256
    /// Of an amount, before and behind its point.
    static let amountDigits = 12
}
