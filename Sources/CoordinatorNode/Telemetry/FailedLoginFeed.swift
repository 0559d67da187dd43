import APIKit
import Federation
import Telemetry

/// Brings every login that failed, whatever kind it was, to the one place where they are counted by address.
struct FailedLoginFeed: Sendable {
    let recorder: Recorder

    /// Of a request whose credentials are nobody's. Where its other end is not known there is nobody to count it for.
    func note(_ request: APIRequest) async {
        guard let address = request.remoteAddress else { return }
        await recorder.loginFailed(address: address, at: Instant(milliseconds: request.nowMilliseconds))
    }

    /// For who does not wait.
    func note(address: String) {
        Task { [recorder] in await recorder.loginFailed(address: address, at: Instant.now) }
    }
}
