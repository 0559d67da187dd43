import Compute
import CryptoSuite
import Federation
import Foundation
import Learning
import Logging
import SecureAggregation
import Strategies
import Trust
import Wire

// Fetching, training, masking, evaluating, sending.
extension SessionRunner {
    func fetch(digest: String, path: String) {
        spawn { [client, house, post, policy, session, self] in
            do {
                _ = try await house.models.model(session, digest: digest, policy: policy) {
                    try await client.model(path: path, digest: digest, policy: policy)
                }
                post.yield(.modelFetched(digest: digest))
            } catch let error as ClientNodeError where error.kind == .policy {
                await self.end(error)
            } catch {
                post.yield(.modelFetchFailed(digest: digest, reason: "\(error)"))
            }
        }
    }

    /// SCAFFOLD's control of the server; it is fetched and checked like a model.
    func fetchControl(digest: String, path: String) {
        if control?.digest == digest {
            post.yield(.modelFetched(digest: digest))
            return
        }
        spawn { [client, post, policy, self] in
            do {
                await self.adopt(control: try await client.model(path: path, digest: digest, policy: policy), digest: digest)
                post.yield(.modelFetched(digest: digest))
            } catch let error as ClientNodeError where error.kind == .policy {
                await self.end(error)
            } catch {
                post.yield(.modelFetchFailed(digest: digest, reason: "\(error)"))
            }
        }
    }

    func adopt(control file: [UInt8], digest: String) { control = (digest, file) }

    /// - Parameter own: digest of the client's control; nil: zero.
    func train(_ start: RoundStart, own: String?) {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        let cancellation = Cancellation()
        self.cancellation = cancellation
        spawn { [post, house, trainer, folder, session, server = control?.file, self] in
            guard let model = await house.models.model(session, digest: hexadecimal(start.modelSHA256)) else {
                post.yield(.trainingFailed(key, reason: "the model of the round is not here"))
                return
            }
            let (event, encoded): (ClientEvent?, EncodedUpdate?) = await house.pool.run {
                do {
                    let controls = try folder.controls(start, own: own, server: server, parameters: model.parameters.count)
                    let isCancelled = { cancellation.isCancelled }
                    guard let update = try trainer.update(model: model, start: start, controls: controls, isCancelled: isCancelled)
                    else { return (nil, nil) }
                    if case .maskedUpdate = start.phase {
                        return (.encoded(key), try LocalComputer.encoded(update, start, secret: try folder.roundingSecret(), suite: .system))
                    }
                    // Both lie in the folder before the machine hears of either.
                    let control = try controls.map { try folder.saveUpdate(RoundComputer.encode(delta: LocalComputer.control(after: update, own: $0.own))) }
                    return (.trained(key, digest: try folder.saveUpdate(update.encode()), control: control), nil)
                } catch {
                    return (.trainingFailed(key, reason: "\(error)"), nil)
                }
            }
            if let encoded { await self.hold(encoded, key) }
            if let event { post.yield(event) }
        }
    }

    func hold(_ update: EncodedUpdate, _ key: AttemptKey) { encoded = (key, update) }

    /// Adds the masks and writes the body: from then on it counts, also when this node does not live to see it.
    func mask(_ job: MaskingJob) {
        guard let held = encoded, held.key == job.key else { return }
        encoded = nil
        spawn { [post, house, folder] in
            let event: ClientEvent = await house.pool.run {
                do {
                    return .masked(job.key, digest: try folder.saveUpdate(MaskedBody.make(job, held.update, suite: .system)))
                } catch {
                    return .maskingFailed(job.key, reason: "\(error)")
                }
            }
            post.yield(event)
        }
    }

    func evaluate(_ request: EvaluationRequest) {
        spawn { [post, house, trainer, session] in
            guard let model = await house.models.model(session, digest: hexadecimal(request.modelSHA256)) else {
                house.log.warning("evaluation skipped: the model is not here")
                return
            }
            let event: ClientEvent? = await house.pool.run {
                do {
                    let result = try trainer.evaluation(model: model)
                    return .evaluated(
                        round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows)
                } catch {
                    house.log.warning("evaluation failed", metadata: ["reason": "\(error)"])
                    return nil
                }
            }
            if let event { post.yield(event) }
        }
    }

    func upload(_ update: PendingUpdate, _ encoding: UploadEncoding) {
        spawn { [client, post, folder, session, house] in
            let body: [UInt8]
            do { body = try folder.loadUpdate(update.digest) } catch {
                post.yield(.uploadFailed(update.key, .refused("\(error)")))
                return
            }
            do { try folder.sent.append(.update(update.key), session: session, content: body, at: .now) } catch {
                house.log.warning("update not sent", metadata: ["reason": "\(error)"])
                post.yield(.uploadFailed(update.key, .retry(afterSeconds: 1)))
                return
            }
            switch await client.upload(body, path: update.path, key: update.key, encoding: encoding) {
            case nil:
                do { try folder.sent.append(.receipt(update.key), session: session, content: body, at: .now) } catch {
                    house.log.warning("a receipt is not logged", metadata: ["reason": "\(error)"])
                }
                post.yield(.uploaded(update.key))
            case .some(let failure): post.yield(.uploadFailed(update.key, failure))
            }
        }
    }
}
