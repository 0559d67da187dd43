package import APIKit
package import Federation
package import StrictJSON

extension Instant: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { Timestamp.schema(bounds) }
    package var json: JSON { Timestamp(milliseconds: milliseconds).json }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Instant {
        Instant(milliseconds: try Timestamp.read(json, at: path, bounds, &notices).milliseconds)
    }
}
