internal import NIOSSL

/// Whether what ended a connection is a matter of trust (certificate, name, key exchange), where trying again does not
/// help. A peer that goes away in the middle of a handshake, as a restarting server does, is none.
package func isTrustFault(_ error: any Error) -> Bool {
    switch error {
    case let error as NIOSSLError:
        switch error {
        case .handshakeFailed(let cause): return isTrustFault(cause)
        case .writeDuringTLSShutdown, .shutdownFailed, .readInInvalidTLSState, .uncleanShutdown: return false
        default: return true
        }
    case let error as BoringSSLError:
        switch error {
        case .sslError(let stack): return !stack.contains(.eofDuringHandshake)
        case .zeroReturn, .syscallError: return false
        default: return true
        }
    case is NIOSSLExtraError: return true
    default: return false
    }
}
