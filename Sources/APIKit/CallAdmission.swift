/// Counts a call against the plan of who makes it.
package protocol CallAdmission: Sendable {
    func admit(_ request: APIRequest) async -> AdmittedCall
    /// What is left to who makes this call, as headers; nothing is counted. Empty: nobody knows.
    func window(_ request: APIRequest) async -> [(name: String, value: String)]
}

/// What became of a call that wanted to begin.
package struct AdmittedCall: Sendable {
    /// For the reply, whatever it will be.
    package var headers: [(name: String, value: String)]
    /// nil: the call goes on.
    package var refused: ServiceError?
    /// Says that the call is over. Called once, when its reply is there, of every call that goes on.
    package var end: (@Sendable () -> Void)?

    package init(headers: [(name: String, value: String)] = [], refused: ServiceError? = nil, end: (@Sendable () -> Void)? = nil) {
        self.headers = headers
        self.refused = refused
        self.end = end
    }
}
