package import CryptoSuite
internal import Dispatch

/// A key in a token of PKCS #11, by one session that is opened at the first need, and again after the module has lost it.
///
/// Calls may wait for a device, so they run on a thread of their own.
package actor ModuleToken: SealingToken {
    private let place: TokenPlace
    private let pin: Secret
    /// Only until a key was there: one that vanishes must not be replaced by one that opens nothing.
    private var newKeyID: [UInt8]?
    private var keyID: [UInt8]?
    private var session: Session?
    /// A PIN that was refused is not tried again: some tokens lock after three times.
    private var refusal: TokenError?
    private let queue: TokenQueue

    package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - pin: of the user, without the end of a line.
    ///   - newKeyID: random bytes; a key of this id is made where the token has none of the label. nil: that is an error.
    package init(_ place: TokenPlace, pin: Secret, newKeyID: [UInt8]?) {
        (self.place, self.pin, self.newKeyID) = (place, pin, newKeyID)
        queue = TokenQueue()
    }

    deinit { session?.close() }

    package func facts() throws(TokenError) -> TokenFacts {
        try again { session throws(TokenError) in
            let slot = try session.module.slot(place.token)
            return TokenFacts(
                label: slot.label, manufacturer: slot.manufacturer, model: slot.model, serial: slot.serial, isHardware: slot.isHardware,
                keyID: session.keyID)
        }
    }

    package func seal(_ plain: Secret, nonce: [UInt8], associated: [UInt8]) throws(TokenError) -> [UInt8] {
        try again { session throws(TokenError) in try session.seal(plain.bytes, nonce: nonce, associated: associated) }
    }

    package func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) throws(TokenError) -> Secret {
        try again { session throws(TokenError) in Secret(try session.open(sealed, nonce: nonce, associated: associated)) }
    }

    /// Once more with a new session, if it was that.
    private func again<Value>(_ work: (Session) throws(TokenError) -> Value) throws(TokenError) -> Value {
        do throws(TokenError) { return try work(try opened()) } catch {
            guard error.isLoss else { throw error }
            session?.close()
            session = nil
            return try work(try opened())
        }
    }

    private func opened() throws(TokenError) -> Session {
        if let session { return session }
        if let refusal { throw refusal }
        do throws(TokenError) {
            let session = try Session.open(place, pin: pin, newKeyID: newKeyID)
            if let keyID, session.keyID != keyID {
                session.close()
                throw .key(label: place.key, problem: "it is another one than before")
            }
            (self.session, keyID, newKeyID) = (session, session.keyID, nil)
            return session
        } catch {
            switch error {
            case .pinRefused, .pinLocked: refusal = error
            default: break
            }
            throw error
        }
    }
}

/// The thread of one token.
private final class TokenQueue: SerialExecutor {
    private let queue = DispatchQueue(label: "tutti.pkcs11")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
