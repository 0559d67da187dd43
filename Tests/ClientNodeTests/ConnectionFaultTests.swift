import NIOCore
import NIOSSL
import Testing
import Trust

/// A coordinator that restarts breaks handshakes and connections: nodes must come back. A wrong certificate stays wrong.
@Suite struct ConnectionFaultTests {
    @Test func aPeerThatGoesAwayIsNoMatterOfTrust() {
        let passing: [any Error] = [
            NIOSSLError.uncleanShutdown, NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), NIOSSLError.handshakeFailed(.zeroReturn),
            BoringSSLError.syscallError, BoringSSLError.sslError([.eofDuringHandshake]), ChannelError.connectTimeout(.seconds(1)),
            IOError(errnoCode: 111, reason: "connection refused"),
        ]
        for error in passing { #expect(!isTrustFault(error), "\(error)") }
    }

    @Test func aCertificateThatIsNotBelievedIs() {
        let lasting: [any Error] = [
            NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate, NIOSSLError.handshakeFailed(.sslError([])),
            BoringSSLError.sslError([]), NIOSSLExtraError.failedToValidateHostname,
        ]
        for error in lasting { #expect(isTrustFault(error), "\(error)") }
    }
}
