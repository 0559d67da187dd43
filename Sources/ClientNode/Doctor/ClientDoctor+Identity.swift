package import Diagnosis
import Foundation
import Learning
import Trust

extension ClientDoctor {
    /// Who the node is, as far as its folder can be read, and whether that holds together.
    func identity() -> (NodeIdentity?, [Finding]) {
        let folder = NodeIdentity.folder(data)
        func text(_ name: String) -> String? { FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) } }
        guard let json = FileManager.default.contents(atPath: folder + "/node.json"), let card = try? JSONDecoder().decode(NodeIdentity.Card.self, from: json),
            (try? CoordinatorEndpoint(card.coordinator)) != nil
        else { return (nil, [.fail("identity", .identityDamaged, "\(folder)/node.json does not say whose node this is.", Self.again(data))]) }
        var findings = [Finding.ok("identity", "\(card.client) of tenant \(card.tenant) at \(card.coordinator)")]
        let keyPath = folder + "/client.key"
        let closed = Finding.closed("key", keyPath, FileLook(keyPath), missing: Self.again(data))
        findings.append(closed)
        let keyText = text("client.key")
        let key = keyText.flatMap { try? NodeKey(pem: $0) }
        if key == nil, keyText != nil { findings.append(.fail("key", .keyDamaged, "\(keyPath) is no P-256 key in PEM.", Self.again(data))) }
        let authority = text("ca.pem").flatMap { try? CertificateFacts.all(pem: $0) } ?? []
        if authority.isEmpty || !authority.allSatisfy(\.isAuthority) {
            findings.append(.fail("authority", .certificateDamaged, "\(folder)/ca.pem holds no authority's certificate.", Self.again(data)))
        }
        guard let pem = text("client.pem"), let certificate = try? CertificateFacts(pem: pem) else {
            return (nil, findings + [.fail("certificate", .certificateDamaged, "\(folder)/client.pem holds no certificate.", Self.again(data))])
        }
        let renewal =
            certificate.expires > now()
            ? "A node that runs renews it by itself; else: tutti-client renew --data \(data)"
            : "Ask the operator for a new token and enrol in a new folder: tutti-client join"
        findings.append(.certificate("certificate", from: certificate.begins, to: certificate.expires, now: now(), renewal: renewal))
        if !authority.isEmpty, !authority.contains(where: certificate.isSigned) {
            findings.append(
                .fail("certificate", .foreignCertificate, "\(folder)/client.pem was issued by another authority than \(folder)/ca.pem.", Self.again(data)))
        }
        if let key, !certificate.belongs(to: key) {
            findings.append(.fail("certificate", .keyMismatch, "\(keyPath) is not the key of \(folder)/client.pem.", Self.again(data)))
        }
        guard !authority.isEmpty, let authorityPEM = text("ca.pem") else { return (nil, findings) }
        return (NodeIdentity(card: card, certificatePEM: pem, authorityPEM: authorityPEM, keyPEM: keyText ?? ""), findings)
    }

    /// Whether the rows can be read as `run` would.
    package static func rows(_ options: LocalDataOptions) -> Finding {
        do {
            if options.isText {
                let text = try LocalData.load(options).dataset
                return .ok("data set", "\(text.samples) bytes of text in \(text.rows) pieces")
            }
            let bytes = try LocalData.read(options.path)
            let labels = try options.labels.map { path throws(ClientNodeError) in try LocalData.read(path) }
            let table = try DataFile.parse(bytes, labels: labels, options: options.csv)
            let rows = try table.dataset(for: table.schema)
            return .ok("data set", "\(rows.rows) rows, \(rows.inputs) inputs, \(rows.outputs) classes")
        } catch let error as DatasetError {
            let message = "\(options.path): \(error)"
            switch error {
            case .noSuchColumn, .ambiguousColumn, .missingLabel, .noLabels, .noLabelArray:
                return .fail("data set", .labelMissing, message, "Name the label column with --label NAME, or as data.label in client.toml.")
            default:
                return .fail("data set", .dataSetUnreadable, message, "Mend the file, or say how to read it as for 'run': tutti-client run --help")
            }
        } catch let error as ClientNodeError {
            return .fail("data set", .dataSetUnreadable, error.message, "Give --dataset a file that this user may read. " + error.remedy)
        } catch {
            return .fail(
                "data set", .dataSetUnreadable, "\(options.path): \(error)", "Mend the file, or say how to read it as for 'run': tutti-client run --help")
        }
    }
}
