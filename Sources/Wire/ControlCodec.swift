internal import FoundationEssentials
internal import SwiftProtobuf

/// Control messages as bytes. The only place that knows the protocol buffers; every field is bounded on the way out and on
/// the way in by the same check.
package enum ControlCodec {
    /// The newest and the oldest version this code speaks.
    package static let version = 1
    package static let oldest = 1

    /// The version two sides speak: the newest that both know. nil: none.
    /// - Parameters:
    ///   - min: the oldest the other side speaks; `max`: its newest.
    ///   - own: what this side speaks.
    package static func negotiate(min: Int, max: Int, own: ClosedRange<Int> = oldest...version) -> Int? {
        let common = Swift.min(max, own.upperBound)
        return common >= Swift.max(min, own.lowerBound) ? common : nil
    }

    /// - Throws: `.field` for a message that the other side would refuse.
    package static func encode(_ message: ServerMessage) throws(WireError) -> [UInt8] {
        try message.check()
        var envelope = Tutti_V1_Envelope()
        envelope.version = UInt32(version)
        switch message {
        case .welcome(let m):
            envelope.welcome = .with {
                $0.version = UInt32(clamping: m.version)
                $0.sessionID = m.sessionID
                $0.heartbeatSeconds = UInt32(clamping: m.heartbeatSeconds)
                $0.serverTimeMs = m.serverTimeMs
                $0.status = m.status
                $0.history = m.history ?? ""
            }
        case .roundStart(let m):
            envelope.roundStart = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.updatePath = m.updatePath
                $0.deadlineMs = m.deadlineMs
                $0.training = .with {
                    $0.learningRate = m.training.learningRate
                    $0.momentum = m.training.momentum
                    $0.weightDecay = m.training.weightDecay
                    $0.proximalMu = m.training.proximalMu
                    $0.localEpochs = UInt32(clamping: m.training.localEpochs)
                    $0.batchSize = UInt32(clamping: m.training.batchSize)
                    $0.seed = m.training.seed
                    if let adam = m.training.adam {
                        $0.adam = .with {
                            $0.beta1 = adam.beta1
                            $0.beta2 = adam.beta2
                            $0.epsilon = adam.epsilon
                        }
                    }
                    if let text = m.training.text {
                        $0.localSteps = UInt32(clamping: text.steps)
                        $0.window = UInt32(clamping: text.window)
                    }
                }
                switch m.rule {
                case .plain: break
                case .normalised: $0.rule = .normalised
                case .controlled(let control):
                    $0.rule = .controlled
                    $0.control = .with {
                        $0.sha256 = .init(control.sha256)
                        $0.path = control.path
                        $0.countedRound = UInt32(clamping: control.countedRound)
                        $0.countedAttempt = UInt32(clamping: control.countedAttempt)
                    }
                }
                $0.uploadEncoding = m.uploadEncoding == .identity ? .identity : .zstdShuffle4
                switch m.phase {
                case .plainUpdate: $0.phase = .plainUpdate
                case .maskedUpdate(let parameters):
                    $0.phase = .maskedUpdate
                    $0.secureParameters = .init(parameters)
                }
                if let privacy = m.privacy {
                    $0.privacy = .with {
                        $0.l2Clip = privacy.l2Clip
                        $0.epsilon = privacy.epsilon
                        $0.delta = privacy.delta
                        $0.noiseMultiplier = privacy.noiseMultiplier
                        $0.deviationSteps = privacy.deviationSteps
                        $0.adjacency = privacy.replacesOne ? .replaceOne : .zeroOut
                        $0.noiseByClients = privacy.noiseByClients
                    }
                }
            }
        case .roundClosed(let m):
            envelope.roundClosed = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.committed = m.committed
                $0.modelSha256 = .init(m.modelSHA256)
                $0.reason = plain(m.reason)
            }
        case .evaluate(let m):
            envelope.evaluationRequest = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.deadlineMs = m.deadlineMs
            }
        case .sessionEnded(let m):
            envelope.sessionEnded = .with {
                $0.sessionID = m.sessionID
                $0.status = m.status
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.reason = plain(m.reason)
            }
        case .refused(let m):
            envelope.refusal = .with {
                $0.code = m.code
                $0.message = plain(m.message)
                if let after = m.retryAfterMs { $0.retryAfterMs = UInt64(clamping: min(after, Limits.retryAfterMs)) }
            }
        case .secure(let m): return SecureFrameCodec.encode(m, from: .coordinator)
        }
        return try bytes(envelope)
    }

    /// - Throws: `.field` for a message that the other side would refuse.
    package static func encode(_ message: ClientMessage) throws(WireError) -> [UInt8] {
        try message.check()
        var envelope = Tutti_V1_Envelope()
        envelope.version = UInt32(version)
        switch message {
        case .hello(let m):
            envelope.hello = .with {
                $0.versionMin = UInt32(clamping: m.versionMin)
                $0.versionMax = UInt32(clamping: m.versionMax)
                $0.software = plain(m.software)
                $0.sessionID = m.sessionID
                $0.clientID = m.clientID
                $0.lastRound = UInt32(clamping: m.lastRound)
                $0.knows = m.knows
                $0.identityKey = .init(m.identityKey)
            }
        case .heartbeat(let m):
            envelope.heartbeat = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
            }
        case .evaluation(let m):
            envelope.evaluationReport = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.loss = m.loss
                if let accuracy = m.accuracy { $0.accuracy = accuracy }
                $0.rows = UInt64(clamping: m.rows)
            }
        case .roundFailed(let m):
            envelope.roundFailed = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.reason = plain(m.reason)
            }
        case .secure(let m): return SecureFrameCodec.encode(m, from: .client)
        }
        return try bytes(envelope)
    }

    private static func bytes(_ envelope: Tutti_V1_Envelope) throws(WireError) -> [UInt8] {
        do { return try envelope.serializedBytes() } catch { throw .malformed("it cannot be written: \(error)") }
    }

    /// Words for people, from either side: at most `Limits.reasonBytes`, and nothing in them that moves a terminal's cursor or
    /// breaks a log line.
    package static func plain(_ text: String) -> String {
        // Nearly always there is nothing to replace.
        if text.utf8.count <= Limits.reasonBytes, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let shown: Unicode.Scalar = isControl ? " " : scalar
            bytes += UTF8.width(shown)
            if bytes > Limits.reasonBytes { break }
            kept.append(shown)
        }
        return String(kept)
    }
}
