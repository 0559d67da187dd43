/// Names of an archive's entries: inside, plain, and each once.
struct ArchiveNames {
    private var seen: Set<[UInt8]> = []
    private(set) var problems = Problems()

    mutating func add(_ name: ArraySlice<UInt8>) {
        if let problem = Self.problem(name) { problems.add("\(shown(name)) \(problem)") }
        if !seen.insert(Array(name)).inserted { problems.add("\(shown(name)) is there twice") }
    }

    /// nil: nothing is wrong with where the name leads.
    static func problem(_ name: ArraySlice<UInt8>) -> String? {
        if name.isEmpty { return "has no name" }
        if name.count > ScanLimits.nameBytes { return "has a name of \(name.count) bytes" }
        if name.first == UInt8(ascii: "/") { return "is an absolute path" }
        if name.contains(0) { return "has a zero byte in its name" }
        // A path of another system, or a drive.
        if name.contains(UInt8(ascii: "\\")) || name.dropFirst().first == UInt8(ascii: ":") { return "is a path of another kind of system" }
        if String(validating: name, as: UTF8.self) == nil { return "has a name that is not UTF-8" }
        if name.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) { return "leads outside" }
        return nil
    }
}
