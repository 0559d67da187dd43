internal import SecureAggregation
internal import Wire

extension FuzzTarget {
    static let messages = [secureMessages, controlClient, controlServer]

    private static let digest = [UInt8](repeating: 0x5A, count: 32)

    static let controlClient = FuzzTarget(
        "control-client", feeds: "control messages from clients", maximumBytes: 1024,
        seeds: {
            let messages: [(String, ClientMessage)] = [
                (
                    "hello",
                    .hello(
                        Hello(
                            versionMin: 1, versionMax: 2, software: "tutti 1", sessionID: "fl-session-1", clientID: "c-1", lastRound: 3, knows: ["adam"],
                            identityKey: digest))
                ),
                ("heartbeat", .heartbeat(Heartbeat(sessionID: "s", round: 4))),
                ("evaluation", .evaluation(EvaluationReport(sessionID: "s", round: 4, loss: 0.5, accuracy: 0.25, rows: 9))),
                ("failed", .roundFailed(RoundFailed(sessionID: "s", round: 1, attempt: 2, reason: "no\nroom"))),
                ("secure", .secure(SecureFrame(sessionID: "s", round: 1, attempt: 1, message: [1, 10, 0]))),
            ]
            return try messages.map { Seed($0.0, try ControlCodec.encode($0.1)) }
        },
        check: { bytes in
            do {
                let message = try ControlCodec.decodeClient(bytes)
                do { try expect(try ControlCodec.decodeClient(try ControlCodec.encode(message)) == message, "it is read back as another message") } catch let
                    error as WireError
                {
                    throw FuzzFailure("what was taken is not given out: \(error)")
                }
            } catch let error as WireError { try expectShort(error) }
        })

    static let controlServer = FuzzTarget(
        "control-server", feeds: "control messages from the coordinator", maximumBytes: 1024,
        seeds: {
            let plan = TrainingPlan(
                learningRate: 0.1, momentum: 0.9, weightDecay: 0, proximalMu: 0.01, localEpochs: 2, batchSize: 32, seed: 7,
                adam: AdamPlan(beta1: 0.9, beta2: 0.99, epsilon: 1e-8))
            let start = RoundStart(
                sessionID: "s", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_700_000_000_000, training: plan,
                uploadEncoding: .zstdShuffle, phase: .maskedUpdate(parameters: [1, 1, 2]),
                rule: .controlled(ControlStart(sha256: digest, path: "/c", countedRound: 1, countedAttempt: 1)),
                privacy: PrivacyTerms(l2Clip: 1, epsilon: 1, delta: 1e-5, noiseMultiplier: 1.5, deviationSteps: 20, replacesOne: true, noiseByClients: true))
            let messages: [(String, ServerMessage)] = [
                ("welcome", .welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 1_700_000_000_000, status: "waiting"))),
                ("round-start", .roundStart(start)),
                ("round-closed", .roundClosed(RoundClosed(sessionID: "s", round: 1, attempt: 1, committed: true, modelSHA256: digest, reason: ""))),
                ("evaluate", .evaluate(EvaluationRequest(sessionID: "s", round: 1, modelSHA256: digest, modelPath: "/m", deadlineMs: 1))),
                ("ended", .sessionEnded(SessionEnded(sessionID: "s", status: "completed", modelSHA256: digest, modelPath: "/m", reason: "done"))),
                ("refused", .refused(Refusal(code: "version", message: "upgrade", retryAfterMs: 500))),
                ("secure", .secure(SecureFrame(sessionID: "s", round: 0, attempt: 1, message: [1, 2]))),
            ]
            return try messages.map { Seed($0.0, try ControlCodec.encode($0.1)) }
        },
        check: { bytes in
            do {
                let message = try ControlCodec.decodeServer(bytes)
                if case .roundStart(let start) = message, case .controlled(let control) = start.rule {
                    try expect(control.sha256.isEmpty == control.path.isEmpty, "a path to no control")
                }
                do { try expect(try ControlCodec.decodeServer(try ControlCodec.encode(message)) == message, "it is read back as another message") } catch let
                    error as WireError
                {
                    throw FuzzFailure("what was taken is not given out: \(error)")
                }
            } catch let error as WireError { try expectShort(error) }
        })

    /// A value has one encoding, and no other is taken.
    static let secureMessages = FuzzTarget(
        "secure-messages", feeds: "the messages of secure aggregation, every kind of them", maximumBytes: 2048, share: 0.25,
        seeds: {
            func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
            let advert = Advert(index: 1, maskKey: zeros(32), shareKey: zeros(32), nonce: digest, signature: zeros(64))
            let roster = try Roster(["a", "b", "c"].map { Roster.Member(name: Array($0.utf8), identity: []) })
            let plan = try SecureAggregationPlan(PlanRequest(members: 30, dimension: 10, l2Clip: 1, coordinateClip: 1))
            let parameters = RoundParameters(
                mode: .honestButCurious, session: Array("s".utf8), epoch: 1, round: 1, attempt: 1, modelHash: digest, planHash: digest, rosterHash: digest,
                partitionHash: digest, plan: plan)
            var noisy = parameters
            (noisy.encoding.noise, noisy.encoding.width) = (ClientNoise(variance: 10, bound: 100), 32)
            let terms = PartitionTerms(session: Array("s".utf8), epoch: 1, rosterHash: digest, groups: 1, rosterFloor: 2, missingMax: 0)
            return [
                Seed("advert", advert.encoded), Seed("adverts", AdvertList([advert]).encoded), Seed("parameters", parameters.encoded),
                Seed("noisy-parameters", noisy.encoded),
                Seed("roster", roster.encoded),
                Seed("invitation", EpochInvitation(terms: terms, roster: roster, plan: Array("words".utf8)).encoded),
                Seed(
                    "bundle",
                    ShareBundle(
                        dealer: 1, seedCommitment: digest,
                        shares: [SealedShares(holder: 2, selfCommitment: digest, maskCommitment: digest, sealed: zeros(KeyExchange.x25519.sealedSharesBytes))]
                    ).encoded),
                Seed(
                    "hybrid-bundle",
                    ShareBundle(
                        dealer: 1, seedCommitment: digest, shares: [], exchange: .xWing,
                        edges: [SealedEdge(member: 2, commitment: digest, sealed: zeros(KeyExchange.xWing.sealedEdgeBytes))]
                    ).encoded),
                Seed(
                    "delivery",
                    ShareDelivery([
                        ShareDelivery.Item(
                            dealer: 1, bundle: digest, selfCommitment: digest, maskCommitment: digest, sealed: zeros(KeyExchange.x25519.sealedSharesBytes))
                    ]).encoded),
                Seed("receipt", ShareReceipt(holder: 1, complaints: [2, 3]).encoded),
                Seed("hybrid-receipt", ShareReceipt(holder: 1, complaints: [], exchange: .xWing, edges: [4]).encoded),
                Seed("confirmation", Confirmation([IndexedBytes(index: 1, bytes: digest)]).encoded),
                Seed("input", MaskedInput(index: 1, transcript: digest).encoded),
                Seed("survivors", SurvivorNotice(transcript: digest, survivors: [1, 2]).encoded),
                Seed("signature", SurvivorSignature(index: 1, signature: zeros(64)).encoded),
                Seed(
                    "request",
                    UnmaskRequest(transcript: digest, survivors: [1], dropped: [2], signatures: [SurvivorSignature(index: 1, signature: zeros(64))]).encoded),
                Seed(
                    "response",
                    UnmaskResponse(
                        holder: 1, transcript: digest, items: [UnmaskResponse.Item(dealer: 2, kind: .selfSeed, share: zeros(Share.byteCount), salt: zeros(16))]
                    ).encoded),
                Seed("record", ClientRecord(epoch: 1, round: 2, attempt: 1, partitionHash: digest, signed: [], answered: digest).encoded),
                Seed("refusal", DrawRefusal(reason: Array("no".utf8)).encoded),
                Seed("nonce", EpochEncoding.encode(IndexedBytes(index: 1, bytes: digest), .nonceCommitment)),
                Seed("nonces", EpochEncoding.encode([IndexedBytes(index: 1, bytes: digest)], .nonces)),
            ]
        },
        check: { bytes in
            guard let kind = MessageKind(of: bytes) else { return }
            do { try expect(try written(bytes, kind) == bytes, "a value of kind \(kind) has two encodings") } catch is SecureAggregationError {}
        })

    /// What a decoder reads, as its encoder writes it.
    private static func written(_ bytes: [UInt8], _ kind: MessageKind) throws(SecureAggregationError) -> [UInt8] {
        switch kind {
        case .parameters, .noisyParameters: try RoundParameters(encoded: bytes).encoded
        case .roster: try Roster(encoded: bytes).encoded
        case .advert, .hybridAdvert: try Advert(encoded: bytes).encoded
        case .adverts, .hybridAdverts: try AdvertList(encoded: bytes).encoded
        case .shareBundle, .hybridShareBundle: try ShareBundle(encoded: bytes).encoded
        case .shareDelivery, .hybridShareDelivery: try ShareDelivery(encoded: bytes).encoded
        case .shareReceipt, .hybridShareReceipt: try ShareReceipt(encoded: bytes).encoded
        case .confirmation, .hybridConfirmation: try Confirmation(encoded: bytes).encoded
        case .maskedInput: try MaskedInput(encoded: bytes).encoded
        case .survivors: try SurvivorNotice(encoded: bytes).encoded
        case .survivorSignature: try SurvivorSignature(encoded: bytes).encoded
        case .unmaskRequest: try UnmaskRequest(encoded: bytes).encoded
        case .unmaskResponse: try UnmaskResponse(encoded: bytes).encoded
        case .clientRecord: try ClientRecord(encoded: bytes).encoded
        case .epochInvitation: try EpochInvitation(encoded: bytes).encoded
        case .nonceCommitment, .partitionReveal: EpochEncoding.encode(try EpochEncoding.decode(bytes, kind), kind)
        case .nonceCommitments, .nonces: EpochEncoding.encode(try EpochEncoding.decodeList(bytes, kind), kind)
        case .drawRefusal: try DrawRefusal(encoded: bytes).encoded
        // Written and hashed, and never read from outside.
        case .partitionCommit, .partition, .sealedAttempt, .hybridSealedAttempt: bytes
        }
    }
}
