internal import Foundation
internal import NIOCore
internal import NIOPosix
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

/// Why there is no connection, without the names of types: the system's words where it has some.
package func connectionProblem(_ error: any Error) -> String {
    switch error {
    case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError:
        var problems: [String] = []
        for problem in error.connectionErrors.map({ connectionProblem($0.error) }) where !problems.contains(problem) { problems.append(problem) }
        return problems.isEmpty ? "the name has no address" : problems.joined(separator: "; ")
    default: return "\(error)"
    }
}
