/// Counts a call against the plan of who makes it.
package protocol CallAdmission: Sendable {
    /// - Returns: headers for the reply, whatever it will be, and why the call is refused, if it is.
    func admit(_ request: APIRequest) async -> (headers: [(name: String, value: String)], refused: ServiceError?)
}
