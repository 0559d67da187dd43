package import APIKit
package import Federation
package import StrictJSON

extension TrustStream {
    /// Reads a request as `POST …/sessions` would, and creates nothing.
    /// - Throws: what the request would be refused with.
    package static func readSession(_ body: JSON) throws(ServiceError) -> (spec: SessionSpec, notices: [JSON]) {
        guard body.members != nil else { throw .invalid(field: "body", issue: "must be an object", provided: nil) }
        let request = try SessionRequest(body)
        return (request.spec, request.notices)
    }
}
