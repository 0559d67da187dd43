/// Which call a key stands for. The same key of another principal, or for another operation, is another call.
package struct IdempotencyKey: Sendable, Hashable {
    package var tenant: String
    package var principal: String
    /// Method and path with its ids: a key that was used for one session is new for the next.
    package var operation: String
    package var key: String
    package init(tenant: String, principal: String, operation: String, key: String) {
        self.tenant = tenant
        self.principal = principal
        self.operation = operation
        self.key = key
    }
}

/// A reply that is given again as it was.
package struct StoredReply: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
    package var status: Int
    package var headers: [Field]
    package var body: [UInt8]
    package init(status: Int, headers: [Field] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    var bytes: Int { headers.reduce(body.count) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

    /// A failure of ours, or a refusal that is over soon: the call may be made again with the same key.
    package var isPassing: Bool { status >= 500 || status == 429 }
}

/// Why a call with a key was not made.
package enum IdempotencyRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// 400.
    case badKey
    /// 409: the key was used with another body.
    case otherBody
    /// 409: the first call with this key has not been answered yet.
    case inFlight
    /// 409: the first call was answered, but its reply is too large to be kept.
    case replyNotKept(bytes: Int)
    /// 503: no room for another key.
    case crowded(retryAfterSeconds: Int)

    package var description: String {
        switch self {
        case .badKey: "Idempotency-Key must be 1 to \(QuotaLimits.keyCharacters) printable ASCII characters."
        case .otherBody: "This Idempotency-Key was used with another body; take a new key for a new call."
        case .inFlight: "The first call with this Idempotency-Key is under way; ask again when it has ended."
        case .replyNotKept(let bytes):
            "The first call with this Idempotency-Key was answered; its reply of \(bytes) bytes is not kept (at most \(QuotaLimits.replyBytes) are). "
                + "Read what it made."
        case .crowded(let seconds): "Too many replies are kept; ask again in \(seconds) s at the earliest, or without a key."
        }
    }
}
