internal import Federation
internal import Wire
internal import WorkSharing

/// A frame on its way to a client.
struct Delivery: Sendable {
    var client: Int
    var frame: [UInt8]
}

// The way between the coordinator and the clients: frames in order, many clients at a time.
extension InProcessFederation {
    /// Updates that are under way at the same time: what memory they take does not grow with the cohort.
    private static let batchSize = 128

    /// Lets the next clients work, each on one frame, and takes what they answer, in order. false: there is no mail.
    mutating func deliverBatch(_ crew: Crew) -> Bool {
        let deliveries = nextBatch()
        guard !deliveries.isEmpty else { return false }
        var answers = [Answer?](repeating: nil, count: deliveries.count)
        let common = common
        // Taken out, so that they are changed in place.
        var (clients, computers) = (clients, computers)
        (self.clients, self.computers) = ([], [])
        clients.withUnsafeMutableBufferPointer { clients in
            computers.withUnsafeMutableBufferPointer { computers in
                answers.withUnsafeMutableBufferPointer { answers in
                    // A batch has every client and every number once, and no two calls with one worker overlap.
                    nonisolated(unsafe) let each = clients
                    nonisolated(unsafe) let own = computers
                    nonisolated(unsafe) let results = answers
                    crew.forEach(deliveries.count) { number, worker in
                        let delivery = deliveries[number]
                        guard let message = try? ControlCodec.decodeServer(delivery.frame) else { return }
                        results[number] = each[delivery.client].handle(.message(message), delivery.client, common, &own[worker])
                    }
                }
            }
        }
        (self.clients, self.computers) = (clients, computers)
        for (delivery, answer) in zip(deliveries, answers) {
            if let answer { take(answer, from: delivery.client) }
        }
        return true
    }

    /// Ends before a client that is in it already.
    private mutating func nextBatch() -> [Delivery] {
        batch += 1
        var end = delivered
        while end < mail.count, end - delivered < Self.batchSize, clients[mail[end].client].batch != batch {
            clients[mail[end].client].batch = batch
            end += 1
        }
        defer {
            delivered = end
            if 2 * delivered > mail.count {
                mail.removeFirst(delivered)
                delivered = 0
            }
        }
        return Array(mail[delivered..<end])
    }

    /// An event that is not a frame reaches a client.
    mutating func tell(_ client: Int, _ event: ClientEvent) {
        take(clients[client].handle(event, client, common, &computers[0]), from: client)
    }

    private mutating func take(_ answer: Answer, from client: Int) {
        if answer.bytesServed > 0 { tell(.bytesServed(answer.bytesServed)) }
        for frame in answer.frames { receive(frame, from: client) }
        if let arrival = answer.arrival { receive(arrival, from: client) }
    }
}
