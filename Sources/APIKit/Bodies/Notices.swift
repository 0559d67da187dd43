package import StrictJSON

/// What was accepted without effect, for replies that always have it.
package struct Notices: FieldValue {
    static let shape = Shape(
        "Notice",
        ["code", "field", "message"].map {
            Field(name: $0, schema: .string(bytes: nil), isRequired: true, unit: nil, source: .rule("what was accepted without effect"), note: nil, usual: nil)
        })
    let list: [JSON]

    package init(_ list: [JSON]) { self.list = list }

    package static func schema(_ bounds: Bounds) -> Schema { .list(.object(shape), atMost: nil) }
    package var json: JSON { .array(list) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Notices {
        throw .internalError(cause: "notices are never read")
    }
}
