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

    init(_ text: String, name: String) throws(ConfigurationError) {
        self.name = name
        guard text.utf8.count <= Limits.fileBytes else {
            throw .syntax(file: name, line: 1, problem: "it is longer than \(Limits.fileBytes) bytes")
        }
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
                    entries[name] = Entry(value: Self.value(value), line: lines[name])
                }
            }
        }
    }

    func place(_ key: String) -> String { name + (entries[key]?.line.map { " line \($0)" } ?? "") }

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
}
