import APIKit
import FederationService
import Foundation
import NIOCore
import NIOSSL
import Synchronization
import Trust

/// What is known of one connection. Who is at the other end is read once, when its first request begins; every request
/// of the connection runs with it in `current`.
package final class Connection: Sendable {
    @TaskLocal static var current: Connection?

    private struct State {
        var certificate: LiveCertificate?
        var expires: Date?
        var channel: (any Channel)?
        var isControl = false
        var isQuiescing = false
        var isEnding = false
        var room: ListingRoom?
    }
    private let state = Mutex(State())
    /// false: plain HTTP on the loopback.
    let isSecure: Bool
    private let opening: Opening?
    let writes = WriteWatch()

    package convenience init(isSecure: Bool) { self.init(isSecure: isSecure, opening: nil) }

    init(isSecure: Bool, opening: Opening?) {
        self.isSecure = isSecure
        self.opening = opening
    }

    /// The first head is here.
    func begins() { opening?.end() }

    var peer: Peer? {
        state.withLock { $0.certificate }.map { Peer(tenant: $0.name.tenant, client: $0.name.client, fingerprint: $0.name.fingerprint) }
    }

    /// nil without a client certificate.
    var certificate: LiveCertificate? { state.withLock { $0.certificate } }

    /// When the client certificate ends; nil without one.
    var expires: Date? { state.withLock { $0.expires } }

    /// Frames are spoken on it, and no HTTP any more.
    var isControl: Bool {
        get { state.withLock { $0.isControl } }
        set { state.withLock { $0.isControl = newValue } }
    }

    /// The server stops; what begins now on this connection must end at once.
    var isQuiescing: Bool {
        get { state.withLock { $0.isQuiescing } }
        set { state.withLock { $0.isQuiescing = newValue } }
    }

    /// The last reply has been sent; no further request is answered.
    var isEnding: Bool {
        get { state.withLock { $0.isEnding } }
        set { state.withLock { $0.isEnding = newValue } }
    }

    /// For the request that is on its way to whoever answers it.
    var room: ListingRoom? {
        get { state.withLock { $0.room } }
        set {
            // What was kept is given back outside of the lock.
            let last = state.withLock { state in
                defer { state.room = newValue }
                return state.room
            }
            withExtendedLifetime(last) {}
        }
    }

    /// On the channel's event loop, after the handshake. TLS has verified the chain; here only the name is read. From then
    /// on `open` finds the connection.
    func identify(_ channel: any Channel, in open: OpenConnections) {
        guard isSecure, let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate(),
            let der = try? certificate.toDERBytes(), let identity = PeerIdentity(certificateDER: der)
        else { return }
        let name = CertificateName(tenant: identity.tenant, client: identity.client, fingerprint: identity.fingerprint)
        state.withLock { state in
            state.certificate = LiveCertificate(name: name, authorityKey: identity.authorityKey)
            (state.expires, state.channel) = (identity.expires, channel)
        }
        open.enter(self)
        channel.closeFuture.whenComplete { _ in
            open.leave(self)
            self.state.withLock { $0.channel = nil }
        }
    }

    /// The certificate has ended before its time: what is under way is not answered any more. A control channel was told
    /// goodbye and has a moment to read it.
    func end(after moment: TimeAmount) {
        isEnding = true
        guard let channel = state.withLock({ $0.channel }) else { return }
        guard isControl else { return channel.close(promise: nil) }
        channel.eventLoop.scheduleTask(in: moment) { channel.close(promise: nil) }
    }
}
