import APIKit
import NIOCore
import NIOSSL
import Synchronization
import Trust

/// What is known of one connection. Who is at the other end is read once, when its first request begins; every request
/// of the connection runs with it in `current`.
final class Connection: Sendable {
    @TaskLocal static var current: Connection?

    private struct State {
        var peer: Peer?
        var isQuiescing = false
        var isEnding = false
    }
    private let state = Mutex(State())
    /// false: plain HTTP on the loopback.
    let isSecure: Bool

    init(isSecure: Bool) { self.isSecure = isSecure }

    var peer: Peer? { state.withLock { $0.peer } }

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

    /// On the channel's event loop, after the handshake. TLS has verified the chain; here only the name is read.
    func identify(_ channel: any Channel) {
        guard isSecure, let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate(),
            let der = try? certificate.toDERBytes(), let identity = PeerIdentity(certificateDER: der)
        else { return }
        state.withLock { $0.peer = Peer(tenant: identity.tenant, client: identity.client, fingerprint: identity.fingerprint) }
    }
}
