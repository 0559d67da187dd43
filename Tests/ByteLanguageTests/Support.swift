import Foundation

let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func golden(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: root.appending(path: "Tests/Golden/bytelm/\(name)"))) }

/// Free text of the repository itself: its own documents.
func documents(_ names: [String]) throws -> [UInt8] {
    try names.reduce(into: []) { $0 += [UInt8](try Data(contentsOf: root.appending(path: "docs/\($1)"))) }
}
