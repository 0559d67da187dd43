internal import CryptoSuite
internal import DifferentialPrivacy
internal import SecureAggregation

extension EncodingParameters {
    /// With noise that every member adds, and lanes that hold it.
    func with(_ share: SkellamShare) -> EncodingParameters {
        var encoding = self
        encoding.noise = ClientNoise(variance: share.variance, bound: UInt64(share.noiseBound))
        encoding.width = share.width
        return encoding
    }
}

extension EncodedUpdate {
    /// With this member's part of the noise. It is drawn from a secret of the client and from what it hides: the same numbers have the
    /// same noise however often an attempt is tried again, and two different ones never do.
    func adding(_ noise: ClientNoise, _ parameters: RoundParameters, secret: Secret, suite: CryptoSuite) throws(SecureAggregationError) -> EncodedUpdate {
        let hidden = hexadecimal(suite.sha256(lanes.withUnsafeBytes { Array($0) }))
        var random = RandomWords(entropy: secret, release: "\(hexadecimal(parameters.session))/\(parameters.round)/\(hidden)", suite: suite)
        do throws(PrivacyError) {
            let skellam = try Skellam(variance: noise.variance)
            return adding({ skellam.draw(&random) }, parameters.encoding)
        } catch { throw .unencodable("noise cannot be drawn: \(error)") }
    }
}
