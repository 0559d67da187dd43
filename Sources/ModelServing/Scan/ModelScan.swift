internal import Learning

/// What a file of weights is, and whether it may be kept for use. Pure: bytes in, findings out; nothing of the file is run, and no
/// number that it says is believed before its bytes are there.
package enum ModelScan {
    /// Metadata of a byte-level language model, with its configuration.
    package static let byteLanguageKey = "tutti_byte_language"

    package static func report(_ bytes: [UInt8]) -> ScanReport { report(bytes[...], depth: 0) }

    static func kind(_ bytes: ArraySlice<UInt8>) -> FileKind {
        func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
        if begins([0x50, 0x4B, 0x03, 0x04]) || begins([0x50, 0x4B, 0x05, 0x06]) { return .zip }
        if begins([0x1F, 0x8B, 0x08]) { return .gzip }
        if begins([0x93] + Array("NUMPY".utf8)) { return .npy }
        if begins([0x89] + Array("HDF\r\n".utf8)) { return .hdf5 }
        if begins(Array("GGUF".utf8)) { return .gguf }
        if let length = little(bytes, bytes.startIndex, 8), bytes.count > 8, bytes[bytes.startIndex + 8] == UInt8(ascii: "{"), length <= 1 << 32 {
            return .safetensors
        }
        if PickleScan.begins(bytes) { return .pickle }
        if TarScan.begins(bytes) { return .tar }
        return .unknown
    }

    private static func report(_ bytes: ArraySlice<UInt8>, depth: Int) -> ScanReport {
        let kind = kind(bytes)
        switch kind {
        case .safetensors: return safetensors(Array(bytes))
        case .pickle: return pickle(bytes)
        case .npy: return array(bytes)
        case .zip: return zip(bytes)
        case .tar: return tar(bytes)
        case .gzip: return gzip(bytes)
        case .hdf5, .gguf:
            return ScanReport(kind: kind, checks: [singleMeaning(bytes)].compactMap { $0 }, notAssessed: ["\(kind.rawValue) is kept and not looked into"])
        case .onnx, .unknown: return unnamed(bytes)
        }
    }

    // MARK: One file

    private static func safetensors(_ bytes: [UInt8]) -> ScanReport {
        do throws(SafetensorsError) {
            let file = try Safetensors.decode(bytes)
            let evidence = "\(file.tensors.count) tensors cover \(bytes.count) bytes"
            var report = ScanReport(kind: .safetensors, checks: [ScanCheck(.safetensorsHeader, passed: true, evidence)])
            if file.metadata.contains(where: { $0.name == byteLanguageKey }) {
                report.format = .byteLanguage
            } else if file.metadata.contains(where: { $0.name == ModelFile.metadataName }) {
                let model = try ModelFile(decoding: bytes)
                report.format = model.spec.transformer == nil ? .safetensors : .byteLanguage
            }
            return report
        } catch { return ScanReport(kind: .safetensors, checks: [ScanCheck(.safetensorsHeader, passed: false, "\(error)")]) }
    }

    private static func pickle(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        ScanReport(kind: .pickle, checks: [pickleCheck(bytes, isNamed: true), singleMeaning(bytes)].compactMap { $0 })
    }

    /// - Parameter isNamed: it says that it is a pickle; otherwise what breaks off harmlessly was none.
    /// - Returns: nil: it is none.
    private static func pickleCheck(_ bytes: ArraySlice<UInt8>, isNamed: Bool) -> ScanCheck? {
        let scan = PickleScan(bytes)
        if !scan.problems.isEmpty { return ScanCheck(.pickleOpcodes, passed: false, scan.problems.text) }
        if let malformed = scan.malformed { return isNamed ? ScanCheck(.pickleOpcodes, passed: false, malformed) : nil }
        guard isNamed || scan.coversAll else { return nil }
        return ScanCheck(.pickleOpcodes, passed: true, "\(scan.pickles) pickles name \(scan.globals) functions, all of which rebuild tensors")
    }

    /// Readers of archives look at the end of a file, others at its beginning.
    private static func singleMeaning(_ bytes: ArraySlice<UInt8>) -> ScanCheck? {
        guard ZipScan.endRecord(bytes) != nil else { return nil }
        return ScanCheck(.singleMeaning, passed: false, "it ends as a ZIP archive and does not begin as one")
    }

    /// NumPy's own format; arrays of objects have a pickle behind the header.
    private static func array(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        let at = bytes.startIndex
        let width = bytes.count > 7 && bytes[at + 6] == 1 ? 2 : 4
        guard let length = little(bytes, at + 8, width), Int(length) <= bytes.count - 8 - width else {
            return ScanReport(kind: .npy, checks: [ScanCheck(.pickleOpcodes, passed: false, "its header breaks off")])
        }
        let header = bytes[(at + 8 + width)..<(at + 8 + width + Int(length))]
        guard String(decoding: header, as: UTF8.self).contains("O") else { return ScanReport(kind: .npy, checks: [singleMeaning(bytes)].compactMap { $0 }) }
        return ScanReport(kind: .npy, checks: [pickleCheck(bytes[header.endIndex...], isNamed: true), singleMeaning(bytes)].compactMap { $0 })
    }

    private static func unnamed(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        if let check = singleMeaning(bytes) { return ScanReport(kind: .unknown, checks: [check]) }
        let onnx = OnnxScan(bytes)
        if onnx.isModel {
            if let problem = onnx.malformed { return ScanReport(kind: .onnx, checks: [ScanCheck(.onnxExternalData, passed: false, problem)]) }
            guard onnx.problems.isEmpty else { return ScanReport(kind: .onnx, checks: [ScanCheck(.onnxExternalData, passed: false, onnx.problems.text)]) }
            let check = ScanCheck(.onnxExternalData, passed: true, "\(onnx.external) tensors lie in other files")
            return ScanReport(
                kind: .onnx, format: onnx.external == 0 ? .onnx : .stored, checks: [check],
                notAssessed: onnx.external == 0 ? [] : ["weights that lie in other files are not here"])
        }
        if let check = pickleCheck(bytes, isNamed: false) { return ScanReport(kind: check.passed ? .pickle : .unknown, checks: [check]) }
        return ScanReport(kind: .unknown, notAssessed: ["what the file is, its bytes do not say"])
    }

    // MARK: Archives

    private static func zip(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        let scan = ZipScan(bytes)
        var report = ScanReport(kind: .zip)
        guard scan.problems.isEmpty else {
            report.checks = [ScanCheck(.archiveRules, passed: false, scan.problems.text)]
            return report
        }
        report.checks = [ScanCheck(.archiveRules, passed: true, "\(scan.entries.count) entries, all of them inside")]
        var inside = Inside()
        for (index, entry) in scan.entries.enumerated() where entry.size > 0 {
            guard index < ScanLimits.entriesRead, let content = scan.content(entry) else {
                inside.skip(shown(entry.name))
                continue
            }
            inside.look(entry.name, content)
        }
        return inside.finish(report)
    }

    private static func tar(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        let found = Found()
        var scan = TarScan { found.inside.look($0, $1) }
        _ = scan.take(bytes)
        if let check = singleMeaning(bytes) { return ScanReport(kind: .tar, checks: [check]) }
        return tarReport(.tar, &scan, found)
    }

    private static func tarReport(_ kind: FileKind, _ scan: inout TarScan, _ found: Found) -> ScanReport {
        scan.end()
        var report = ScanReport(kind: kind)
        guard scan.problems.isEmpty else {
            report.checks = [ScanCheck(.archiveRules, passed: false, scan.problems.text)]
            return report
        }
        report.checks = [ScanCheck(.archiveRules, passed: true, "\(scan.count) entries, all of them inside")]
        for name in scan.skipped { found.inside.skip(name) }
        return found.inside.finish(report)
    }

    /// RFC 1952. Only archives are expected in one.
    private static func gzip(_ bytes: ArraySlice<UInt8>) -> ScanReport {
        func refused(_ why: String) -> ScanReport { ScanReport(kind: .gzip, checks: [ScanCheck(.archiveRules, passed: false, why)]) }
        var cursor = ByteCursor(bytes)
        guard let header = cursor.take(10) else { return refused("its header breaks off") }
        let flags = header[header.startIndex + 3]
        if flags & 4 != 0, cursor.take(cursor.little(2)) == nil { return refused("its header breaks off") }
        for flag in [UInt8(8), 16] where flags & flag != 0 {
            while let byte = cursor.byte(), byte != 0 {}
        }
        if flags & 2 != 0 { _ = cursor.take(2) }
        let found = Found()
        var scan = TarScan { found.inside.look($0, $1) }
        let limit = min(ScanLimits.inflatedBytes, 1 << 20 + bytes.count.multipliedReportingOverflow(by: Int(ScanLimits.ratio)).partialValue)
        var isFirst = true
        var isTar = true
        let end = Inflate.run(cursor.rest, limit: limit) { part in
            if isFirst { isTar = TarScan.begins(part) }
            isFirst = false
            return isTar && scan.take(part)
        }
        guard isTar, !isFirst else { return refused("it is no tar archive") }
        if let check = singleMeaning(bytes) { return ScanReport(kind: .gzip, checks: [check]) }
        switch end {
        case .done, .stopped: return tarReport(.gzip, &scan, found)
        case .beyondLimit: return refused("it would be more than \(limit) bytes unpacked")
        case .malformed: return refused("it cannot be unpacked")
        }
    }

    private final class Found { var inside = Inside() }

    /// What entries of an archive have in them.
    private struct Inside {
        private var problems = Problems()
        private var pickles = 0
        private var skipped: [String] = []

        mutating func skip(_ name: String) {
            if skipped.count < ScanLimits.told { skipped.append("\(name) is too large, or packed so that it was not looked into") }
        }

        mutating func look(_ name: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>) {
            let isNamed = [".pkl", ".pickle"].contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
            let check: ScanCheck?
            switch ModelScan.kind(content) {
            case .npy: check = ModelScan.array(content).checks.first { !$0.passed }
            case .zip, .gzip, .tar: check = ScanCheck(.archiveRules, passed: false, "it is an archive in an archive")
            case .safetensors, .onnx, .pickle, .hdf5, .gguf, .unknown: check = ModelScan.pickleCheck(content, isNamed: isNamed)
            }
            guard let check else { return }
            if check.rule == .pickleOpcodes { pickles += 1 }
            if !check.passed { problems.add("\(shown(name)): \(check.evidence)") }
        }

        func finish(_ report: ScanReport) -> ScanReport {
            var report = report
            if !problems.isEmpty {
                report.checks.append(ScanCheck(.pickleOpcodes, passed: false, problems.text))
            } else if pickles > 0 {
                report.checks.append(ScanCheck(.pickleOpcodes, passed: true, "\(pickles) pickles name functions that rebuild tensors, or none"))
            }
            report.notAssessed += skipped
            return report
        }
    }
}
