import Federation
import Foundation
import Learning
import Logging
import Trust

// The certificate, while sessions run.
extension NodeRunner {
    /// A certificate that has ended is told before anything is sent.
    func checkCertificate(now: Date) throws(ClientNodeError) {
        guard let life = identity.life, now > life.ends else { return }
        throw ClientNodeError(
            .authentication, "This node's certificate ended on \(life.ends).",
            remedy: "Ask the operator for a new token and enrol again with 'tutti-client join' in a new folder.")
    }

    /// Renews when the certificate is due or the authorities have changed, until it is cancelled. A failure ends nothing: the
    /// present certificate goes on as long as it lasts.
    func keepCertificate() async {
        var backoff = newBackoff("renewal")
        var isFailing = false
        let spread = SeededGenerator(seed: derivedSeed(0, identity.card.client + "spread")).first()
        while !Task.isCancelled {
            if client.hasNewAuthorities {
                await pauseRenewal(spread * renewal.newsSpreadSeconds)
            } else if let left = identity.life.map({ $0.moment(renewal.share - renewal.spread * spread).timeIntervalSinceNow }), left > 0 {
                await pauseRenewal(min(left, renewal.askSeconds))
                if !client.hasNewAuthorities, client.silentSeconds >= renewal.askSeconds { _ = try? await client.readiness() }
                continue
            }
            if Task.isCancelled { return }
            do throws(ClientNodeError) {
                try await renewCertificate()
                backoff.reset()
                isFailing = false
            } catch {
                if Task.isCancelled { return }
                house.log.notice("certificate not renewed", metadata: ["reason": "\(error)"])
                let left = identity.life?.ends.timeIntervalSinceNow ?? 0
                if !isFailing {
                    notice("the certificate is not renewed yet: \(error) The present one is good until \(identity.life?.ends.description ?? "it ends").")
                }
                isFailing = true
                var wait = backoff.nextSeconds()
                // What another try soon would not mend is tried again in good time.
                if !error.isRetryable { wait = min(max(wait, left / 10, min(error.retryAfterSeconds ?? 0, left / 4)), renewal.retrySecondsMax) }
                await pauseRenewal(wait)
            }
        }
    }

    /// Durable first; then what begins from now on begins with it, and the control channels move over one by one while the
    /// old ones still stand. What is under way ends on the old certificate.
    private func renewCertificate() async throws(ClientNodeError) {
        let stored = try NodeIdentity.load(from: data)
        // Somebody may have renewed it by hand.
        let isNewer = stored.certificatePEM != identity.certificatePEM && (stored.life?.ends ?? .distantPast) > (identity.life?.ends ?? .distantPast)
        let next = isNewer ? stored : try await Renewal.renew(identity, with: client, data: data)
        try await client.adopt(next, data: data)
        identity = next
        for runner in running.values { await runner.moveChannel() }
        notice("the certificate was renewed and is good until \(next.life?.ends.description ?? "its end")")
    }

    /// Ends early when the authorities change.
    private func pauseRenewal(_ seconds: Double) async {
        let sleep = Task { _ = try? await Task.sleep(for: .seconds(seconds)) }
        renewalPause = sleep
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
        renewalPause = nil
    }

    func authoritiesChanged() { renewalPause?.cancel() }
}

extension SeededGenerator {
    /// 0 to 1.
    fileprivate consuming func first() -> Double {
        var generator = self
        return generator.uniform()
    }
}
